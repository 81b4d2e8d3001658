"""The arrows between crates, licences, and duplicate dependencies. Prints what is wrong, with its place."""

import json
import subprocess
import sys

# Which crates of ours each crate may use. A new arrow is a decision: write it down here.
PURE = {
    "model": [],
    "wire": ["model"],
    "record": ["model"],
    "identity": ["model", "record"],
    "pathway": ["model"],
    "journey": ["model", "pathway"],
    "outreach": ["model", "record", "journey"],
    "turn": ["model", "record", "identity", "pathway", "journey", "outreach"],
    "lab": ["model", "wire", "record", "pathway", "journey", "outreach", "turn"],
    "check": ["model", "record", "pathway", "journey", "outreach", "turn"],
}
ARROWS = PURE | {
    # The only crate that asks anything of the world by HTTP; it knows nothing of ours.
    "egress": [],
    "store": ["model"],
    "channels": ["model", "egress"],
    "hub": ["model", "wire", "record", "pathway", "journey", "outreach", "identity", "turn", "store", "channels", "egress"],
    "web": ["model", "wire", "record", "pathway", "journey", "outreach", "turn", "check", "store", "channels", "hub", "lab"],
    "testkit": ["model"],
    "throughline": ["model", "wire", "record", "pathway", "outreach", "turn", "check", "store", "channels", "egress", "hub", "web", "lab", "testkit"],
    "bench": ["model", "wire", "record", "pathway", "journey", "outreach", "turn", "check", "store", "channels", "hub", "web", "lab", "testkit"],
}
# What a pure crate never sees.
HANDS = {"tokio", "axum", "hyper", "reqwest", "rusqlite", "tokio-postgres", "lettre", "rand", "getrandom", "tracing"}

LICENCES = {
    "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unicode-3.0", "0BSD", "CC0-1.0", "BSL-1.0",
    "Unlicense", "MIT-0", "Apache-2.0 WITH LLVM-exception", "CDLA-Permissive-2.0", "Zlib-acknowledgement",
    # Asks for the source of its own files only, which we do not change.
    "MPL-2.0",
}

# Crates that the tree holds in more than one version, each with the reason. Empty is best.
DUPLICATES_KNOWN = json.load(open("scripts/duplicates-known.json", encoding="utf-8"))


def metadata() -> dict:
    out = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--locked"], check=True, capture_output=True, text=True
    )
    return json.loads(out.stdout)


def short(name: str) -> str:
    return name.removeprefix("throughline-")


def allowed(licence: str) -> bool:
    """SPDX, as crates write it: OR needs one, AND all."""
    licence = licence.replace("/", " OR ").replace("(", " ").replace(")", " ")
    return any(
        all(" ".join(one.split()) in LICENCES for one in choice.split(" AND ")) for choice in licence.split(" OR ")
    )


def arrows(packages: list) -> list:
    wrong = []
    ours = {p["name"]: p for p in packages if p["source"] is None}
    for name, package in ours.items():
        crate = short(name)
        if crate not in ARROWS:
            wrong.append(f"{package['manifest_path']}: the crate `{crate}` has no line in scripts/checks.py")
            continue
        for dependency in package["dependencies"]:
            if dependency["kind"] == "dev":
                continue
            target = dependency["name"]
            if target in ours and short(target) not in ARROWS[crate]:
                wrong.append(f"crates/{crate}/Cargo.toml: `{crate}` may not use `{short(target)}`")
            if crate in PURE and target in HANDS:
                wrong.append(f"crates/{crate}/Cargo.toml: `{crate}` is pure and may not use `{target}`")
    return wrong


def licences(packages: list) -> list:
    return [
        f"{p['name']} {p['version']}: licence `{p['license'] or p['license_file']}` is not on the list"
        for p in packages
        if not (p["license"] and allowed(p["license"]))
    ]


def duplicates(resolved: dict, packages: list) -> list:
    used = {node["id"] for node in resolved["nodes"]}
    versions: dict = {}
    for p in packages:
        if p["id"] in used:
            versions.setdefault(p["name"], set()).add(p["version"])
    many = {name for name, found in versions.items() if len(found) > 1}
    wrong = [f"{n}: {sorted(versions[n])} are all in the tree" for n in sorted(many - DUPLICATES_KNOWN.keys())]
    wrong += [f"scripts/duplicates-known.json: {n} is no duplicate any more" for n in sorted(DUPLICATES_KNOWN.keys() - many)]
    return wrong


def main() -> int:
    data = metadata()
    wrong = arrows(data["packages"]) + licences(data["packages"]) + duplicates(data["resolve"], data["packages"])
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
