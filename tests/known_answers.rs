//! The known answers of the value specification, which no change may change: by the C function, and by every kernel.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use std::mem::MaybeUninit;

use sha2::{Digest, Sha256};
use somemem::Noise;
use somemem::internals::Kind;
use somemem_c::capi::{RANDOM_NOISE_SPEC, SomeMemStatus, random_noise_add, random_noise_fill};

const ANSWERS: &str = include_str!("known_answers/spec1.txt");
const CHECKSUM_LENGTH: usize = 1 << 20;

/// Of what is added.
const ADDED: &str = include_str!("known_answers/spec1-add.txt");
const ADDED_LENGTH: usize = 1 << 16;

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

#[test]
fn adding_through_the_c_function() {
    compare_added(|noise, inout, stddev, first| {
        let status =
            unsafe { random_noise_add(inout.as_mut_ptr(), inout.len(), stddev, noise.seed, noise.stream, first) };
        assert_eq!(status, SomeMemStatus::SOMEMEM_OK);
    });
}

#[test]
fn adding_by_every_kernel_of_this_cpu() {
    for kind in Kind::ALL.iter().filter(|kind| kind.is_available()) {
        compare_added(|noise, inout, stddev, first| noise.add_with(*kind, inout, stddev, first));
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
        assert_eq!(hexadecimal(&found), expected, "{line}");
    }
    assert_eq!(compared, [12, 195], "the files are as they were frozen");
}

/// Adds what each line of the file names and compares the sums.
fn compare_added(add: impl Fn(Noise, &mut [f64], f64, u64)) {
    let double = |bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
    let mut compared = [0, 0];
    for line in ADDED.lines().filter(|line| !line.starts_with('#')) {
        let [kind, seed, stream, first, stddev, rest @ ..] = &line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let [seed, stream, first] = [seed, stream, first].map(|text| text.parse().unwrap());
        let sums = |mut inout: Vec<f64>| {
            add(Noise { seed, stream }, &mut inout, double(stddev), first);
            inout
        };
        match (*kind, rest) {
            ("sha256", [digest]) => {
                compared[0] += 1;
                let sums = sums((0..ADDED_LENGTH).map(|n| ((n % 1024) as f64 - 512.0) / 64.0).collect());
                let bytes = sums.into_iter().flat_map(f64::to_le_bytes).collect::<Vec<u8>>();
                assert_eq!(hexadecimal(&Sha256::digest(bytes)), *digest, "{line}");
            }
            ("element", [before, after]) => {
                compared[1] += 1;
                assert_eq!(hexadecimal(&sums(vec![double(before)])[0].to_be_bytes()), *after, "{line}");
            }
            _ => panic!("{line}"),
        }
    }
    assert_eq!(compared, [12, 390], "the files are as they were frozen");
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
