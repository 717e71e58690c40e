//! The known answers of the value specification, which must never change: by the C function, and by every kernel.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use std::mem::MaybeUninit;

use sha2::{Digest, Sha256};
use somemem::Noise;
use somemem::Sample;
use somemem::internals::{Add, Fill, Kind, Normal};
use somemem_c::capi::*;

const ANSWERS: &str = include_str!("known_answers/spec1.txt");
const CHECKSUM_LENGTH: usize = 1 << 20;

/// The known answers of sums.
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
            noise.draw_with(*kind, Fill::<f64>::default(), &mut drawn, first);
            // Every element holds a double, whether it was written or not.
            out.copy_from_slice(&drawn.iter().map(|x| unsafe { x.assume_init() }).collect::<Vec<f64>>());
        });
    }
}

#[test]
fn adding_through_the_c_function() {
    compare_added(|noise, inout, scale, first| {
        let status =
            unsafe { random_noise_add(inout.as_mut_ptr(), inout.len(), scale, noise.seed, noise.stream, first) };
        assert_eq!(status, SomeMemStatus::SOMEMEM_OK);
    });
}

#[test]
fn adding_by_every_kernel_of_this_cpu() {
    for kind in Kind::ALL.iter().filter(|kind| kind.is_available()) {
        compare_added(|noise, inout, scale, first| {
            noise.draw_with(*kind, Add::<f64>::new(scale).unwrap(), inout, first);
        });
    }
}

/// Floats, negative scales, mean and scale.
const FLOATS: &str = include_str!("known_answers/spec1-f32.txt");

/// What a line of the file asks for.
struct Asked {
    noise: Noise,
    first: u64,
    mean: f64,
    scale: f64,
}

/// The functions that the file names. Each takes the numbers in memory and leaves the results there.
struct Functions<'a> {
    fill_f32: &'a dyn Fn(&Asked, &mut [f32]),
    add: &'a dyn Fn(&Asked, &mut [f64]),
    add_f32: &'a dyn Fn(&Asked, &mut [f32]),
    normal: &'a dyn Fn(&Asked, &mut [f64]),
    normal_f32: &'a dyn Fn(&Asked, &mut [f32]),
}

#[test]
fn floats_scales_and_means_through_the_c_functions() {
    let ok = |status| assert_eq!(status, SomeMemStatus::SOMEMEM_OK);
    compare_floats(&Functions {
        fill_f32: &|&Asked { noise, first, .. }, out| {
            ok(unsafe { random_noise_fill_f32(out.as_mut_ptr(), out.len(), noise.seed, noise.stream, first) });
        },
        add: &|&Asked { noise, first, scale, .. }, out| {
            ok(unsafe { random_noise_add(out.as_mut_ptr(), out.len(), scale, noise.seed, noise.stream, first) });
        },
        add_f32: &|&Asked { noise, first, scale, .. }, out| {
            ok(unsafe { random_noise_add_f32(out.as_mut_ptr(), out.len(), scale, noise.seed, noise.stream, first) });
        },
        normal: &|&Asked { noise: Noise { seed, stream }, first, mean, scale }, out| {
            ok(unsafe { random_noise_normal(out.as_mut_ptr(), out.len(), mean, scale, seed, stream, first) });
        },
        normal_f32: &|&Asked { noise: Noise { seed, stream }, first, mean, scale }, out| {
            ok(unsafe { random_noise_normal_f32(out.as_mut_ptr(), out.len(), mean, scale, seed, stream, first) });
        },
    });
}

#[test]
fn floats_scales_and_means_by_every_kernel_of_this_cpu() {
    /// The same memory, for functions that only write to it.
    fn unwritten<T>(out: &mut [T]) -> &mut [MaybeUninit<T>] {
        unsafe { std::slice::from_raw_parts_mut(out.as_mut_ptr().cast(), out.len()) }
    }
    fn normal<T: Sample>(kind: Kind, asked: &Asked, out: &mut [T]) {
        let normal = Normal::<T>::new(asked.mean, asked.scale).unwrap();
        asked.noise.draw_with(kind, normal, unwritten(out), asked.first);
    }
    fn add<T: Sample>(kind: Kind, asked: &Asked, out: &mut [T]) {
        asked.noise.draw_with(kind, Add::<T>::new(asked.scale).unwrap(), out, asked.first);
    }
    for &kind in Kind::ALL.iter().filter(|kind| kind.is_available()) {
        compare_floats(&Functions {
            fill_f32: &|asked, out| asked.noise.draw_with(kind, Fill::<f32>::default(), unwritten(out), asked.first),
            add: &|asked, out| add(kind, asked, out),
            add_f32: &|asked, out| add(kind, asked, out),
            normal: &|asked, out| normal(kind, asked, out),
            normal_f32: &|asked, out| normal(kind, asked, out),
        });
    }
}

/// Draws what each line of that file names and compares it.
fn compare_floats(functions: &Functions) {
    let double = |bits: &&str| f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
    let float = |bits: &&str| f32::from_bits(u32::from_str_radix(bits, 16).unwrap());
    let signal = |n: usize| ((n % 1024) as f64 - 512.0) / 64.0;
    let mut compared = [0, 0];
    for line in FLOATS.lines().filter(|line| !line.starts_with('#')) {
        let [name, kind, seed, stream, first, rest @ .., answer] = &line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let [seed, stream, first] = [seed, stream, first].map(|text| text.parse().unwrap());
        let (mean, scale, before) = match rest {
            [] => (0.0, 0.0, None),
            [mean, scale] if name.contains("normal") => (double(mean), double(scale), None),
            [scale, before @ ..] => (0.0, double(scale), before.first()),
        };
        let asked = Asked { noise: Noise { seed, stream }, first, mean, scale };
        let is_sum = *kind == "sha256";
        let number = if !is_sum {
            1
        } else if name.contains("fill") {
            CHECKSUM_LENGTH
        } else {
            ADDED_LENGTH
        };
        let bytes: Vec<u8> = if name.ends_with("_f32") {
            let mut out: Vec<f32> = (0..number).map(|n| before.map_or(signal(n) as f32, float)).collect();
            match *name {
                "random_noise_fill_f32" => (functions.fill_f32)(&asked, &mut out),
                "random_noise_add_f32" => (functions.add_f32)(&asked, &mut out),
                _ => (functions.normal_f32)(&asked, &mut out),
            }
            out.iter().flat_map(|x| x.to_le_bytes()).collect()
        } else {
            let mut out: Vec<f64> = (0..number).map(|n| before.map_or(signal(n), double)).collect();
            match *name {
                "random_noise_add" => (functions.add)(&asked, &mut out),
                _ => (functions.normal)(&asked, &mut out),
            }
            out.iter().flat_map(|x| x.to_le_bytes()).collect()
        };
        let found = if is_sum { Sha256::digest(bytes).to_vec() } else { bytes.into_iter().rev().collect() };
        assert_eq!(hexadecimal(&found), *answer, "{line}");
        compared[usize::from(!is_sum)] += 1;
    }
    assert_eq!(compared, [60, 1045], "the file is as it was frozen");
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
        let [kind, seed, stream, first, scale, rest @ ..] = &line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let [seed, stream, first] = [seed, stream, first].map(|text| text.parse().unwrap());
        let sums = |mut inout: Vec<f64>| {
            add(Noise { seed, stream }, &mut inout, double(scale), first);
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
