"""Addresses that are not read: files that lie elsewhere, and databases whose driver is not there."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from stepladder.core.errors import Problem
from stepladder.core.extras import need
from stepladder.tables.sources.address import without_password

READ = (
    "a source is a file or folder on this machine, or a table of a database by its URL: "
    "sqlite:///shop.db?table=orders, duckdb:///shop.duckdb?table=orders, "
    "postgresql://user@host/shop?table=orders; or on S3: s3://bucket/orders/"
)
COPIED = {  # where files lie elsewhere, and what brings one of them here
    "gs": "gcloud storage cp {} .", "gcs": "gcloud storage cp {} .",
    "az": "azcopy", "abfs": "azcopy", "abfss": "azcopy", "wasb": "azcopy", "wasbs": "azcopy",
    "adl": "azcopy", "hdfs": "hdfs dfs -get {} .", "webhdfs": "hdfs dfs -get {} .",
    "dbfs": "databricks fs cp {} .", "http": "curl -O {}", "https": "curl -O {}",
    "ftp": "curl -O {}", "ftps": "curl -O {}", "sftp": "sftp {}", "scp": "scp {} .", "smb": "",
}  # fmt: skip
DRIVERS = {  # SQLAlchemy's, by the beginning of a URL that names none: what to install, what to write
    "mysql": ("pymysql", "mysql+pymysql"),
    "mariadb": ("pymysql", "mariadb+pymysql"),
    "mssql": ("pymssql", "mssql+pymssql"),
    "sqlserver": ("pymssql", "mssql+pymssql"),
    "oracle": ("oracledb", "oracle+oracledb"),
    "snowflake": ("snowflake-sqlalchemy", "snowflake"),
    "bigquery": ("sqlalchemy-bigquery", "bigquery"),
    "redshift": ("sqlalchemy-redshift", "redshift+psycopg2"),
    "databricks": ("databricks-sqlalchemy", "databricks"),
    "trino": ("trino", "trino"),
}
EXPORT = "export the table as CSV or Parquet and give that file"


def refuse_elsewhere(url: str) -> None:
    """Raise Problem where a URL names a file that lies elsewhere, saying how to bring it here."""
    try:
        scheme, host, path = urlsplit(url)[:3]
    except ValueError:
        raise Problem(
            f"{without_password(url)} is no address", READ, "correct it, above all its host"
        ) from None
    if scheme == "file":
        raise Problem(f"the source {url}", READ, f"give its path: {unquote(host + path)}")
    if scheme not in COPIED:
        return
    bare = without_password(f"{scheme}://{host}{path}")  # a signature is as good as a password
    how = COPIED[scheme].format(bare)
    raise Problem(
        f"{bare} lies elsewhere, and nothing is fetched from there",
        READ,
        f"copy it here{f' ({how})' if how else ''}, and give the copy",
    )


def need_driver(url: str) -> None:
    """Raise Problem where the driver of a server's database is not installed, or none is known."""
    import sqlalchemy as sa

    scheme = urlsplit(url).scheme
    kind, _, driver = scheme.partition("+")
    if kind in ("postgres", "postgresql") and driver in ("", "psycopg"):
        return need("psycopg", "postgres", f"{without_password(url)}")
    try:
        sa.make_url(url).get_dialect().import_dbapi()
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise _no_driver(url, kind, driver, error) from None
    except (
        sa.exc.ArgumentError,
        ValueError,
    ):  # no such address: what is wrong is said where it is used
        return


def _no_driver(url: str, kind: str, driver: str, error: Exception) -> Problem:
    package, written = DRIVERS.get(kind, ("", ""))
    instead = ""
    if kind.startswith("postgres"):
        instead = "or write postgresql://… without naming a driver"
    elif driver:
        instead = "or install its driver for SQLAlchemy"
    elif package:
        instead = f"or pip install {package}, and write {written}://…"
    missing = getattr(error, "name", None) or driver or kind
    return Problem(
        f"{without_password(url)}: no driver for it is installed ({missing})",
        f"{READ}; other databases where SQLAlchemy has a driver for them",
        ", ".join(filter(None, (EXPORT, instead))),
    )
