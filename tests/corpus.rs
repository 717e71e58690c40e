//! The inputs that fuzzing has kept, run again and compared with the model that fuzzing uses: see fuzz/calls.rs.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

#[path = "../fuzz/calls.rs"]
mod calls;

#[test]
fn every_answer_is_the_models() {
    let (mut inputs, mut made) = (0, 0);
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus")).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        made += calls::run(&std::fs::read(path).unwrap());
        inputs += 1;
    }
    assert!(inputs > 0 && made > inputs);
    println!("{made} calls by {inputs} inputs");
}
