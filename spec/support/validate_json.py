"""Checks JSON files against a JSON Schema: validate_json.py SCHEMA FILE...

Prints one line for each mistake, and ends with 1 if there is any.
"""
import json
import sys

import jsonschema


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(schema_path, *paths):
    schema = load(schema_path)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    mistakes = 0
    for path in paths:
        for error in validator.iter_errors(load(path)):
            best = jsonschema.exceptions.best_match([error])
            where = "/".join(str(part) for part in best.absolute_path)
            print(f"{path}: {where}: {best.message[:300]}")
            mistakes += 1
    return 1 if mistakes else 0


sys.exit(main(*sys.argv[1:]))
