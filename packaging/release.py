"""Checks all that has to be right before a release, and makes its files. `make release` calls it. It publishes nothing, and ends with the
commands that publish."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def git(root, *words):
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout


def version_of(root):
    return re.search(r'^version = "(.*)"', (root / "Cargo.toml").read_text(), re.MULTILINE)[1]


def faults(root):
    """The faults that need no build to find. tests/c/test_library.py compares the version in Cargo.toml with its other places."""
    version = version_of(root)
    if git(root, "status", "--porcelain"):
        yield "There are uncommitted changes."
    if git(root, "tag", "--list", f"v{version}"):
        yield f"The tag v{version} exists already: change the version in Cargo.toml."
    if not re.search(r'^repository = "https://.+"', (root / "Cargo.toml").read_text(), re.MULTILINE):
        yield "The project has no address: set `repository` in Cargo.toml."
    for name in ("somemem", "somemem-c"):
        if f'name = "{name}"\nversion = "{version}"' not in (root / "Cargo.lock").read_text():
            yield f"Cargo.lock has another version of {name}: run cargo update -p {name}."
    newest, changes = re.search(r"^## (.*)\n((?:(?!^## ).*\n?)*)", (root / "CHANGELOG.md").read_text(), re.MULTILINE).groups()
    if not re.fullmatch(re.escape(version) + r" - \d{4}-\d\d-\d\d", newest) or not re.search(r"^- ", changes, re.MULTILINE):
        yield f"CHANGELOG.md begins with {newest}: the changes of a release must be below `## {version} - ` and its date."


def main():
    found = list(faults(ROOT))
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        sys.exit(1)
    version = version_of(ROOT)
    # The faster steps come first. The last one draws the known answers with each file of the release.
    for target in (["library", ".venv/somemem"], ["dist"]):
        subprocess.run(["make", *target], cwd=ROOT, check=True)
        if target[0] == "library":
            tests = ["tests/c/test_library.py", "tests/evidence/test_known_answers.py", "tests/builds/test_dependencies.py", "tests/python/test_package.py"]
            subprocess.run([".venv/bin/python", "-m", "pytest", "-q", *tests], cwd=ROOT, check=True, env=os.environ | {"CI": "true"})
    print(f"""
Version {version} is ready in target/dist/somemem-{version}, if .ci/run has passed for this commit. Nothing has been published. These commands publish it:

    git tag v{version} && git push origin v{version}
    cargo publish -p somemem
    twine upload target/dist/somemem-{version}/*.whl target/dist/somemem-{version}/somemem-{version}.tar.gz

Upload the tarballs, CRATES.txt and SHA256SUMS to where {version} is announced.""")


if __name__ == "__main__":
    main()
