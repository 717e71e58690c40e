//! Every kernel that this CPU can run gives the bits of the portable one.

use std::mem::MaybeUninit;

use somemem::Noise;
use somemem::internals::Kind;

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

fn fill(kind: Kind, noise: Noise, number: usize, first: u64) -> Vec<u64> {
    let mut out = vec![MaybeUninit::new(f64::NAN); number];
    noise.fill_with(kind, &mut out, first);
    // Written or not, every element holds a double.
    out.into_iter().map(|x| bits(&x)).collect()
}

#[expect(unsafe_code)]
fn bits(x: &MaybeUninit<f64>) -> u64 {
    // SAFETY: `fill` made it a NaN before it was drawn.
    unsafe { x.assume_init() }.to_bits()
}

fn add(kind: Kind, noise: Noise, number: usize, first: u64) -> Vec<u64> {
    let mut sums: Vec<f64> = (0..number).map(|n| if n % 5 == 0 { -0.0 } else { n as f64 * 0.1 - 7.0 }).collect();
    noise.add_with(kind, &mut sums, 0.3, first);
    sums.into_iter().map(f64::to_bits).collect()
}

#[test]
fn the_kernels_of_this_cpu_are_tried() {
    // Continuous integration shows this at its end: CPUs differ, and what one cannot run is not to be passed over unsaid.
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

#[test]
fn every_length_and_offset() {
    for kind in kernels() {
        for noise in KEYS {
            let whole = fill(Kind::Portable, noise, 400, 0);
            let sums = add(Kind::Portable, noise, 300, 0);
            for offset in 0..=64 {
                for number in 0..=300 {
                    let drawn = fill(kind, noise, number, offset as u64);
                    assert!(drawn == whole[offset..][..number], "{kind:?} {noise:?} {number} from {offset}");
                }
            }
            for number in 0..=300 {
                assert!(add(kind, noise, number, 0) == sums[..number], "{kind:?} {noise:?} adding {number}");
            }
            for offset in 0..=64 {
                let expected = add(Kind::Portable, noise, 300, offset);
                assert!(add(kind, noise, 300, offset) == expected, "{kind:?} {noise:?} adding from {offset}");
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
            assert!(fill(kind, noise, number, start) == fill(Kind::Portable, noise, number, start), "{kind:?} {start}");
            assert!(add(kind, noise, number, start) == add(Kind::Portable, noise, number, start), "{kind:?} {start}");
        }
    }
}

/// Long enough for everything rare: full queues, several attempts, the tail and its rejections.
#[test]
fn sixty_four_million_in_a_row() {
    const BLOCK: usize = 1 << 20;
    let mut expected = vec![MaybeUninit::new(0.0); BLOCK];
    let mut drawn = expected.clone();
    for (n, first) in (0..1 << 26).step_by(BLOCK).enumerate() {
        let noise = KEYS[n % KEYS.len()];
        noise.fill_with(Kind::Portable, &mut expected, first);
        for kind in kernels() {
            noise.fill_with(kind, &mut drawn, first);
            let same = expected.iter().zip(&drawn).all(|(left, right)| bits(left) == bits(right));
            assert!(same, "{kind:?} {noise:?} from {first}");
        }
        if n % 8 == 0 {
            let sums = add(Kind::Portable, noise, BLOCK, first + 1);
            for kind in kernels() {
                assert!(add(kind, noise, BLOCK, first + 1) == sums, "{kind:?} {noise:?} adding from {first}");
            }
        }
    }
}
