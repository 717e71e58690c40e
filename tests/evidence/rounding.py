"""The largest error of E and L of docs/value-spec.md in binary64: a bound for all arguments, not for a sample of them.

A Rounded value has an interval that contains the exact real number, and a bound on the error of the double that stands
for it. Every operation passes on the errors of its operands and adds half a unit in the last place of the result (N.
J. Higham, "Accuracy and Stability of Numerical Algorithms", 2002, chapters 2 and 3). The intervals are mpmath's, with
60 digits and directed rounding, so that the bounds themselves are proved."""

from itertools import pairwise

from mpmath import iv, mp

iv.dps = mp.dps = 60


def upper(interval):
    """The upper end of the interval's magnitude, as an exact number."""
    return mp.make_mpf(abs(interval)._mpi_[1])


def half_ulp(magnitude):
    """Half the distance of doubles up to this magnitude, none of them subnormal."""
    return mp.ldexp(1, max(mp.frexp(magnitude)[1], -1000) - 54) if magnitude else mp.mpf(0)


def lower(interval):
    return mp.make_mpf(interval._mpi_[0])


def hull(low, high):
    """The interval from the lower end of one to the upper end of the other."""
    return iv.make_mpf((iv.mpf(low)._mpi_[0], iv.mpf(high)._mpi_[1]))


class Rounded:
    def __init__(self, exact, error=0):
        self.exact, self.error = iv.mpf(exact), iv.mpf(error)

    @classmethod
    def operation(cls, exact, error):
        return cls(exact, error + half_ulp(upper(exact) + upper(error)))

    def __add__(self, other):
        return self.operation(self.exact + other.exact, self.error + other.error)

    def __sub__(self, other):
        return self.operation(self.exact - other.exact, self.error + other.error)

    def __mul__(self, other):
        error = abs(self.exact) * other.error + abs(other.exact) * self.error + self.error * other.error
        return self.operation(self.exact * other.exact, error)

    def __truediv__(self, other):
        quotient = self.exact / other.exact
        least = abs(other.exact) - other.error
        return self.operation(quotient, (self.error + abs(quotient) * other.error) / least)

    def half(self):
        """Half of the value. It is exact, because no result is subnormal."""
        return Rounded(self.exact / 2, self.error / 2)


def pieces(low, high, number):
    ends = [low + (iv.mpf(high) - low) * n / number for n in range(number + 1)]
    return [hull(*piece) for piece in pairwise(ends)]


def coefficients(stored, meant):
    """The doubles of a table as Rounded values of the numbers that they stand for."""
    assert len(stored) == len(meant)
    return [Rounded(exact, upper(iv.mpf(double) - exact)) for double, exact in zip(stored, meant)]


class Elementary:
    """E and L with the constants that the library holds."""

    MOST = 640  # E's largest argument

    def __init__(self, log2_e, ln2_high, ln2_low, exp, log):
        ln2 = iv.log(iv.mpf(2))
        factorials = [iv.mpf(1) / mp.factorial(n + 2) for n in range(12)]
        self.log2_e, self.ln2_high, self.ln2_low = log2_e, ln2_high, ln2_low
        self.ln2_rest = upper(ln2 - ln2_high - ln2_low)
        self.exp = coefficients(exp, factorials)
        self.log = coefficients(log, [iv.mpf(2) / (21 - 2 * n) for n in range(10)])
        self.exp_error, self.exp_ulps = self.bound_exp()
        self.log_error = self.bound_log()

    def bound_exp(self):
        """The largest relative error of E, and the largest error in units of the last place."""
        # n is the integer nearest to the double -y log2(e), whose error is that of the constant and of the product.
        most = iv.mpf(self.MOST) / iv.log(iv.mpf(2)) + 1
        product = most * abs(iv.mpf(self.log2_e) * iv.log(iv.mpf(2)) - 1) + half_ulp(upper(most))
        half = upper((iv.mpf(1) / 2 + product) * iv.log(iv.mpf(2)))
        # n has ten bits and LN2_HIGH 42, a multiple of 2^-42, so their product is exact. The difference of -y and the
        # product is exact too: it is below 1/2, and a multiple of 2^-54 or of y's last place, whichever is coarser.
        assert most < 2**10 and (self.ln2_high * 2**42).is_integer() and half < 0.5
        correction = half_ulp(upper(most * self.ln2_low)) + upper(most * self.ln2_rest)
        relative, ulps = mp.mpf(0), mp.mpf(0)
        for piece in pieces(iv.mpf(-half), iv.mpf(half), 256):
            r = Rounded(piece, correction + half_ulp(half))
            c = self.exp
            r2 = r * r
            r4 = r2 * r2
            p = [c[n] + c[n + 1] * r for n in range(0, 12, 2)]
            low, middle, high = p[0] + p[1] * r2, p[2] + p[3] * r2, p[4] + p[5] * r2
            rest = low + (middle + high * r4) * r4
            m = (rest * r2 + r) + Rounded(1)
            left_out = iv.mpf(half) ** 14 / mp.factorial(14) * 2
            least = lower(m.exact)
            relative = max(relative, upper((m.error + left_out) / least))
            ulps = max(ulps, upper((m.error + left_out) / (2 * half_ulp(least))))
        return iv.mpf(relative), ulps

    def bound_log(self):
        """The largest absolute error of L."""
        worst = mp.mpf(0)
        for power in range(-53, 1):
            e = Rounded(power)
            for g in pieces(iv.sqrt(iv.mpf(0.5)) - 1, iv.sqrt(iv.mpf(2)) - 1, 64):
                g = Rounded(g)
                s = g / (g + Rounded(2))
                z = s * s
                series = self.log[0]
                for coefficient in self.log[1:]:
                    series = series * z + coefficient
                d = s * (g - series * z) - e * Rounded(self.ln2_low)
                value = (d - g) - e * Rounded(self.ln2_high)
                size = iv.mpf(upper(s.exact))
                left_out = 2 * size**23 / 23 / (1 - size**2) - power * self.ln2_rest
                worst = max(worst, upper(value.error + left_out))
        return iv.mpf(worst)
