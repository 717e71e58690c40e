//! The library against what `tests/twin.py` prints, a second implementation: on any CPU the same bits.
//!
//! The file is named by SOMEMEM_VECTORS; `make test` and `make cross` make it.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use sha2::{Digest, Sha256};
use somemem::capi::{SomeMemStatus, random_noise_fill};

#[test]
fn the_second_implementation_agrees() {
    let Some(path) = std::env::var_os("SOMEMEM_VECTORS") else {
        assert!(std::env::var_os("CI").is_none(), "SOMEMEM_VECTORS is not set");
        return eprintln!("not compared: SOMEMEM_VECTORS is not set; `make test` does that");
    };
    let text = std::fs::read_to_string(path).unwrap();
    let mut compared = [0, 0];
    for line in text.lines() {
        let [kind, seed, stream, first, expected] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let number = |text: &str| text.parse::<u64>().unwrap();
        let fill = |length: usize| {
            let mut out = vec![0.0; length];
            let (seed, stream, first) = (number(seed), number(stream), number(first));
            let status = unsafe { random_noise_fill(out.as_mut_ptr(), length, seed, stream, first) };
            assert_eq!(status, SomeMemStatus::SOMEMEM_OK);
            out
        };
        let found = match kind {
            "sha256" => {
                compared[0] += 1;
                Sha256::digest(fill(1 << 20).iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()).to_vec()
            }
            "element" => {
                compared[1] += 1;
                fill(1)[0].to_be_bytes().to_vec()
            }
            _ => panic!("{line}"),
        };
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, expected, "{line}");
    }
    assert!(compared[0] >= 8 && compared[1] >= 50, "{compared:?}");
}
