"""Holds the queries against the dialects of the engines that run them.

SQLite runs them in the tests of `usher report`; Athena, which is Trino, cannot be run here. So each
query must be the same tree for a parser of either dialect, and run in a third engine that is as
strict about types as Trino. That one also tells the columns and types of each, which must be those
that the views of `reports/template.yaml` declare.

    pip install sqlglot duckdb pyyaml && python reports/check.py
"""

import itertools
import json
import pathlib
import sys

import duckdb
import sqlglot
import yaml

HERE = pathlib.Path(__file__).parent
# Trino's types by DuckDB's. Sums and quotients of whole numbers are whole numbers of 64 bits in Trino.
TYPES = {"VARCHAR": "varchar", "BIGINT": "bigint", "BOOLEAN": "boolean"}
TYPES |= {"HUGEINT": "bigint", "DOUBLE": "bigint"}


class Loader(yaml.SafeLoader):
    """Reads what CloudFormation adds to YAML as plain values."""


def plain(loader, _suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Loader.add_multi_constructor("!", plain)


def views():
    """The views of the template: name, query, columns as declared to Glue and to Trino."""
    template = yaml.load((HERE / "template.yaml").read_text(), Loader)
    for resource in template["Resources"].values():
        table = resource["Properties"].get("TableInput", {})
        if table.get("TableType") == "VIRTUAL_VIEW":
            definition = json.loads(table["ViewOriginalText"][1][1]["Fn::Base64"])
            columns = table["StorageDescriptor"]["Columns"]
            glue = [(column["Name"], column["Type"]) for column in columns]
            trino = [(column["name"], column["type"]) for column in definition["columns"]]
            yield table["Name"], definition["originalSql"], glue, trino


def rows():
    """The columns of the table of rows."""
    template = yaml.load((HERE / "template.yaml").read_text(), Loader)
    table = template["Resources"]["Rows"]["Properties"]["TableInput"]
    return [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]]


def tree(sql, dialect):
    """The query as a dialect reads it, less what is no difference here: where nothing is null, nulls
    have no place, and a whole number by another is a whole number in both."""
    found = sqlglot.parse_one(sql, dialect=dialect)
    for node in found.walk():
        for name in ("nulls_first", "typed", "safe"):
            node.args.pop(name, None)
    return found


def main():
    wrong = []
    engine = duckdb.connect()
    columns = ", ".join(f"{n} {'VARCHAR' if t == 'string' else t}" for n, t in rows())
    engine.execute(f"CREATE TABLE event_rows ({columns}, arrived VARCHAR)")
    files = {path.stem for path in HERE.glob("*.sql")}
    for name, sql, glue, trino in views():
        files.discard(name)
        if tree(sql, "trino") != tree(sql, "sqlite"):
            wrong.append(f"{name}: Trino and SQLite read it differently")
        strict = sqlglot.transpile(sql, read="trino", write="duckdb")[0]
        engine.execute(f"CREATE VIEW {name} AS {strict}")
        engine.execute(f"SELECT * FROM {name}").fetchall()
        told = engine.execute(f"DESCRIBE {name}").fetchall()
        found = [(column[0], TYPES.get(column[1], column[1])) for column in told]
        of_glue = [(column, "varchar" if kind == "string" else kind) for column, kind in glue]
        for declared in (of_glue, trino):
            pairs = itertools.zip_longest(found, declared)
            wrong += [f"{name}: {a} is declared as {b}" for a, b in pairs if a != b]
    wrong += [f"{name}.sql is no view of the template" for name in sorted(files)]
    print("\n".join(wrong) if wrong else "the queries are the same to both engines")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
