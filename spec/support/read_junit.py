"""Prints what python3-junitparser reads from a JUnit report, as JSON."""

import json
import sys

from junitparser import Error, Failure, JUnitXml


def outcome(case):
    for item in case.result:
        if isinstance(item, (Failure, Error)):
            kind = "failure" if isinstance(item, Failure) else "error"
            return {"kind": kind, "type": item.type, "message": item.message, "body": item.text}
    return None


def suite(item):
    return {
        "name": item.name,
        "tests": item.tests,
        "failures": item.failures,
        "errors": item.errors,
        "time": item.time,
        "properties": {p.name: p.value for p in item.properties()},
        "cases": [
            {"classname": c.classname, "name": c.name, "time": c.time, "outcome": outcome(c)}
            for c in item
        ],
    }


xml = JUnitXml.fromfile(sys.argv[1])
json.dump([suite(item) for item in xml], sys.stdout)
