"""Checks Kubernetes objects by the schemas of kubernetes-validate, and those of other kinds by their definitions.

Reads {"crds": folder, "documents": [{"where", "version", "object"}]} and writes [{"where", "message"}], what is wrong.
"""
import functools
import glob
import json
import re
import sys
from importlib import resources

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import relevance
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def folder_of(version):
    """The strict schemas of a Kubernetes version such as 1.30."""
    return resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"


@functools.cache
def registry_of(version):
    definitions = json.loads((folder_of(version) / "_definitions.json").read_text())
    # crawled once here, or else anew for every object
    return Registry().with_resource("_definitions.json", Resource(definitions, DRAFT202012)).crawl()


@functools.cache
def built_in(version, api_version, kind):
    group, _, name = api_version.rpartition("/")
    prefix = f"{group.split('.')[0]}-" if group else ""
    file = folder_of(version) / f"{kind.lower()}-{prefix}{name}.json"
    if not file.is_file():
        return None
    return Draft202012Validator(json.loads(file.read_text()), registry=registry_of(version))


def strict(schema):
    """A definition's schema as JSON Schema, where a field that is not known is a mistake."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties"):
            out[key] = {name: strict(of) for name, of in value.items()}
        elif key == "default":
            continue
        else:
            out[key] = strict(value)
    if schema.get("x-kubernetes-int-or-string"):
        out.pop("type", None)
    if schema.get("nullable") and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if schema.get("type") == "object" and "properties" in schema and not open_ended:
        out["additionalProperties"] = False
    return out


def custom(folder):
    """Validators of every definition in a folder, by apiVersion and kind."""
    found = {}
    for file in glob.glob(f"{folder}/*.yaml"):
        with open(file, encoding="utf-8") as text:
            for definition in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if not definition:
                    continue
                spec = definition["spec"]
                for version in spec["versions"]:
                    schema = strict(version["schema"]["openAPIV3Schema"])
                    schema["properties"]["metadata"] = {"type": "object"}
                    key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                    found[key] = Draft202012Validator(schema)
    return found


def sentences(validator, document):
    for error in sorted(validator.iter_errors(document), key=lambda error: str(error.path)):
        inner = min(error.context, key=relevance, default=error) if error.context else error
        path = ".".join(str(part) for part in inner.absolute_path)
        yield re.sub(r"\s+", " ", f"{path}: {inner.message}")[:400]


def main():
    asked = json.load(sys.stdin)
    definitions = custom(asked["crds"])
    wrong = []
    for document in asked["documents"]:
        thing = document["object"]
        api_version, kind = thing["apiVersion"], thing["kind"]
        validator = definitions.get((api_version, kind)) or built_in(document["version"], api_version, kind)
        if validator is None:
            messages = [f"Kubernetes {document['version']} has no {kind} of {api_version}"]
        else:
            messages = sentences(validator, thing)
        wrong += [{"where": document["where"], "message": message} for message in messages]
    json.dump(wrong, sys.stdout)


if __name__ == "__main__":
    main()
