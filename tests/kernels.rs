//! Every kernel that this CPU can run gives the bits of the portable one.

use std::mem::MaybeUninit;

use somemem::Noise;
use somemem::internals::{self, Kind};

const KEYS: [Noise; 4] = [
    Noise { seed: 0, stream: 0 },
    Noise { seed: 1, stream: 2 },
    Noise { seed: u64::MAX, stream: 0x0123_4567_89ab_cdef },
    Noise { seed: 0x8000_0000_0000_0000, stream: u64::MAX },
];

/// The kernels to compare. Portable is not compared with itself.
fn kernels() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Portable && kind.is_available())
}

/// The operations of a kernel on the elements, in both types.
#[derive(Clone, Copy, Debug)]
enum Work {
    Fill,
    FillFloats,
    Normal,
    NormalFloats,
    Add(f64),
    AddFloats(f64),
}

use Work::*;

const WORKS: [Work; 8] = [Fill, FillFloats, Normal, NormalFloats, Add(0.3), Add(-0.3), AddFloats(0.3), AddFloats(-0.3)];

/// The resulting bits. In sums the values before are such that a wrong marker of an unsettled element shows.
fn draw(kind: Kind, work: Work, noise: Noise, number: usize, first: u64) -> Vec<u64> {
    fn before<T>(number: usize, round: impl Fn(f64) -> T) -> Vec<T> {
        (0..number).map(|n| round(if n % 5 == 0 { -0.0 } else { n as f64 * 0.1 - 7.0 })).collect()
    }
    fn written<T: Copy>(number: usize, nan: T, draw: impl FnOnce(&mut [MaybeUninit<T>])) -> Vec<T> {
        let mut out = vec![MaybeUninit::new(nan); number];
        draw(&mut out);
        #[expect(unsafe_code)]
        // SAFETY: each was a NaN before anything was drawn.
        out.into_iter().map(|x| unsafe { x.assume_init() }).collect()
    }
    let doubles = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect();
    let floats = |values: Vec<f32>| values.into_iter().map(|x| u64::from(x.to_bits())).collect();
    match work {
        Fill => doubles(written(number, f64::NAN, |out| {
            noise.draw_with(kind, internals::Fill::<f64>::default(), out, first);
        })),
        FillFloats => floats(written(number, f32::NAN, |out| {
            noise.draw_with(kind, internals::Fill::<f32>::default(), out, first);
        })),
        Normal => doubles(written(number, f64::NAN, |out| {
            noise.draw_with(kind, internals::Normal::<f64>::new(3.0, -0.7).unwrap(), out, first);
        })),
        NormalFloats => floats(written(number, f32::NAN, |out| {
            noise.draw_with(kind, internals::Normal::<f32>::new(3.0, -0.7).unwrap(), out, first);
        })),
        Add(scale) => {
            let mut sums = before(number, |x| x);
            noise.draw_with(kind, internals::Add::<f64>::new(scale).unwrap(), &mut sums, first);
            doubles(sums)
        }
        AddFloats(scale) => {
            let mut sums = before(number, |x| x as f32);
            noise.draw_with(kind, internals::Add::<f32>::new(scale).unwrap(), &mut sums, first);
            floats(sums)
        }
    }
}

#[test]
fn the_kernels_of_this_cpu_are_tried() {
    // Continuous integration prints this at its end. CPUs differ, and a kernel that this one cannot run must not be left out silently.
    println!("tried here: {:?}", kernels().collect::<Vec<_>>());
    let left_out: Vec<_> = Kind::ALL.iter().filter(|kind| !kind.is_available()).collect();
    println!("left out, because this CPU cannot run them: {left_out:?}");
    assert!(Kind::Portable.is_available());
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("aes");
        assert_eq!(avx2, kernels().any(|kind| kind == Kind::Avx2));
    }
}

/// FIPS 197, appendix C.1.
#[test]
fn blocks_are_aes_128() {
    let key = std::array::from_fn(|n| n as u8);
    let (plain, cipher) = ([0x7766554433221100, 0xffeeddccbbaa9988], [0x30047b6ad8e0c469, 0x5ac5b47080b7cdd8]);
    for kind in Kind::ALL.iter().filter(|kind| kind.is_available()) {
        assert_eq!(kind.encrypt(key, plain), cipher, "{kind:?}");
    }
}

/// Each operation is the formula of the doubles that are drawn, element by element.
#[test]
fn the_portable_kernel_follows_the_formulas() {
    for noise in KEYS {
        let x: Vec<f64> = draw(Kind::Portable, Fill, noise, 5000, 1).into_iter().map(f64::from_bits).collect();
        let before = |n: usize| if n.is_multiple_of(5) { -0.0 } else { n as f64 * 0.1 - 7.0 };
        for work in WORKS {
            let expected = |n: usize| match work {
                Fill => x[n].to_bits(),
                FillFloats => u64::from((x[n] as f32).to_bits()),
                Normal => (3.0 + -0.7 * x[n]).to_bits(),
                NormalFloats => u64::from(((3.0 + -0.7 * x[n]) as f32).to_bits()),
                Add(scale) => (before(n) + scale * x[n]).to_bits(),
                AddFloats(scale) => u64::from(((f64::from(before(n) as f32) + scale * x[n]) as f32).to_bits()),
            };
            let drawn = draw(Kind::Portable, work, noise, 5000, 1);
            for (n, bits) in drawn.into_iter().enumerate() {
                assert_eq!(bits, expected(n), "{work:?} {noise:?} {n}");
            }
        }
    }
}

#[test]
fn every_length_and_offset() {
    for kind in kernels() {
        for (noise, work) in KEYS.into_iter().flat_map(|noise| WORKS.map(|work| (noise, work))) {
            let adds = matches!(work, Add(_) | AddFloats(_));
            let whole = draw(Kind::Portable, work, noise, 400, 0);
            for offset in 0..=64 {
                // Each place has another value before the sum.
                let whole =
                    if adds { &draw(Kind::Portable, work, noise, 300, offset as u64) } else { &whole[offset..] };
                for number in 0..=300 {
                    // Doubles and floats use the same code, so not every length is tried for both.
                    if matches!(work, Fill) || (number + offset).is_multiple_of(7) || number < 40 {
                        let drawn = draw(kind, work, noise, number, offset as u64);
                        assert!(drawn == whole[..number], "{kind:?} {work:?} {noise:?} {number} from {offset}");
                    }
                }
            }
        }
    }
}

#[test]
fn ranges_across_and_up_to_powers_of_two() {
    let starts = [(1 << 32) - 700, (1 << 33) - 701, (1 << 62) - 1, (1 << 63) - 700, u64::MAX - 1400, u64::MAX - 1401];
    for kind in kernels() {
        for (noise, start) in KEYS.into_iter().flat_map(|noise| starts.map(|start| (noise, start))) {
            let number = usize::try_from((u64::MAX - start).saturating_add(1)).unwrap().min(1402);
            for work in WORKS {
                let expected = draw(Kind::Portable, work, noise, number, start);
                assert!(draw(kind, work, noise, number, start) == expected, "{kind:?} {work:?} {start}");
            }
        }
    }
}

/// Long enough for all rare events: full queues, several attempts, the tail and its rejections.
#[test]
fn sixty_four_million_in_a_row() {
    const BLOCK: usize = 1 << 20;
    for (n, first) in (0..1 << 26).step_by(BLOCK).enumerate() {
        let noise = KEYS[n % KEYS.len()];
        let works = if n % 8 == 0 { &WORKS[..] } else { &[Fill] };
        for &work in works {
            let expected = draw(Kind::Portable, work, noise, BLOCK, first + 1);
            for kind in kernels() {
                let same = draw(kind, work, noise, BLOCK, first + 1) == expected;
                assert!(same, "{kind:?} {work:?} {noise:?} from {first}");
            }
        }
    }
}
