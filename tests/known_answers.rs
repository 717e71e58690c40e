//! The known answers of the value specification, which no change may change: by the C function, and by every kernel.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use std::mem::MaybeUninit;

use sha2::{Digest, Sha256};
use somemem::Noise;
use somemem::internals::Kind;
use somemem_c::capi::{RANDOM_NOISE_SPEC, SomeMemStatus, random_noise_fill};

const ANSWERS: &str = include_str!("known_answers/spec1.txt");
const CHECKSUM_LENGTH: usize = 1 << 20;

#[test]
fn through_the_c_function() {
    compare(|noise, out, first| {
        let status = unsafe { random_noise_fill(out.as_mut_ptr(), out.len(), noise.seed, noise.stream, first) };
        assert_eq!(status, SomeMemStatus::SOMEMEM_OK);
    });
}

#[test]
fn by_every_kernel_of_this_cpu() {
    for kind in Kind::ALL.iter().filter(|kind| kind.is_available()) {
        compare(|noise, out, first| {
            let mut drawn = vec![MaybeUninit::new(0.0); out.len()];
            noise.fill_with(*kind, &mut drawn, first);
            // Written or not, every element holds a double.
            out.copy_from_slice(&drawn.iter().map(|x| unsafe { x.assume_init() }).collect::<Vec<f64>>());
        });
    }
}

/// Draws what each line of the file names and compares it.
fn compare(fill: impl Fn(Noise, &mut [f64], u64)) {
    assert_eq!(RANDOM_NOISE_SPEC, 1);
    let mut compared = [0, 0];
    for line in ANSWERS.lines().filter(|line| !line.starts_with('#')) {
        let [kind, seed, stream, first, expected] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let [seed, stream, first] = [seed, stream, first].map(|text| text.parse().unwrap());
        let draw = |number| {
            let mut out = vec![0.0; number];
            fill(Noise { seed, stream }, &mut out, first);
            out
        };
        let found = match kind {
            "sha256" => {
                compared[0] += 1;
                Sha256::digest(draw(CHECKSUM_LENGTH).into_iter().flat_map(f64::to_le_bytes).collect::<Vec<u8>>())
                    .to_vec()
            }
            "element" => {
                compared[1] += 1;
                draw(1)[0].to_be_bytes().to_vec()
            }
            _ => panic!("{line}"),
        };
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, expected, "{line}");
    }
    assert_eq!(compared, [12, 195], "the files are as they were frozen");
}
