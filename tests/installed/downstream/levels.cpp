// The C++ half: prints two samples, and the result of the C half for a buffer.
#include <cstdio>
#include <somemem.hpp>

#include "filter.h"

int main()
{
    somemem::buffer x(1000);
    somemem::noise{42, 0}.fill(x);
    std::printf("%.17g %.17g", x[0], x[999]);
    std::printf(" %.17g\n", smoothed(x.data(), x.size(), 42));
}
