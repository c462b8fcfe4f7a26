"""Requests a second beside `mlflow models serve`, the same BG/NBD in the same run, turn by turn.

    python benchmarks/service_against_mlflow.py --mlflow /tmp/mlflow-env/bin --home /tmp/demos

MLflow (all of it) is installed in an environment of its own, with duckdb, pydantic, scipy and psutil. It
serves two models: `lean`, a pyfunc that is given the five figures of a customer and computes the formula,
the least one could serve; and `export`, the release as `stepladder ship --to mlflow` takes it there, given
purchases. The service is asked about known customers, and about customers with ten purchases of their own,
whose answer also has an interval, the rows it comes from, and words.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from service_world import Client, known, newcomers, projects, server

import stepladder
from stepladder.leave.carried import carry
from stepladder.release.release import Release
from stepladder.release.ship import in_production

LEAN = """
import json, sys
import mlflow.pyfunc, numpy as np, pandas as pd
from stepladder.questions.retention.btyd import bg_nbd, gamma_gamma
class Lean(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.model = json.load(open(context.artifacts["model"]))
        self.spend = {k[6:]: v for k, v in self.model.items() if k.startswith("spend_")}
    def predict(self, context, model_input, params=None):
        x, t_x, T, valued, value = (model_input[c].to_numpy() for c in ("x", "t_x", "T", "valued", "value"))
        bought, alive = bg_nbd.outlook(self.model, x, t_x, T, 13.0)
        worth = bought * gamma_gamma.expected_value(self.spend, valued, value)
        return pd.DataFrame({"prediction": bought, "alive": alive, "value": worth})
"""
SAVE = """
mlflow.pyfunc.save_model(sys.argv[1], python_model=Lean(), artifacts={"model": sys.argv[3]},
                         pip_requirements=["mlflow"])
mlflow.pyfunc.save_model(sys.argv[2], loader_module="stepladder.leave.loaded", data_path=sys.argv[4],
                         pip_requirements=["mlflow"])
"""
CONNECTIONS, ROUNDS = 4, 3


def main() -> None:
    """Print requests a second and milliseconds of each, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mlflow", type=Path, required=True)
    parser.add_argument("--home", type=Path, default=Path("/tmp/stepladder-demos"))
    parser.add_argument("--seconds", type=float, default=10)
    said = parser.parse_args()
    token = projects(said.home)["retention"]
    with tempfile.TemporaryDirectory() as room, contextlib.ExitStack() as stack:
        models = saved(said.mlflow, said.home / "retention", Path(room))
        stack.enter_context(server(said.home / "retention", 8191))
        for nth, model in enumerate(models):
            stack.enter_context(mlflow(said.mlflow, model, 8192 + nth))
        asked = {name: loads(name, said.home, token) for name in PORTS}
        rates: dict[str, list[float]] = {name: [] for name in PORTS}
        late: dict[str, list[float]] = {name: [] for name in PORTS}
        print(f"load average before: {os.getloadavg()[0]:.2f}")
        for _ in range(ROUNDS):  # in turn, so that a busy machine slows all alike
            for name, port in PORTS.items():
                took, errors = hammer(port, asked[name], said.seconds)
                rates[name].append(len(took) / said.seconds)
                late[name] += took
                assert not errors, (name, errors[0][-700:])
    for name in PORTS:
        p50, p99 = np.percentile(np.array(late[name]) * 1000, [50, 99])
        print(
            f"{name:28} {np.median(rates[name]):7.0f} requests/s, p50 {p50:6.1f} ms, p99 {p99:6.1f} ms"
        )
    for ours in ("service, known", "service, own rows"):
        for theirs in ("mlflow, lean", "mlflow, export"):
            ratio = np.median(np.array(rates[ours]) / np.array(rates[theirs]))
            print(f"{ours} / {theirs}: {ratio:.1f} ×")
    print(f"load average after: {os.getloadavg()[0]:.2f}")


PORTS = {
    "service, known": 8191,
    "service, own rows": 8191,
    "mlflow, lean": 8192,
    "mlflow, export": 8193,
}


def environment() -> dict[str, str]:
    """One thread for linear algebra, for both; MLflow's process finds our code."""
    root = str(Path(stepladder.__file__).parent.parent)
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": root}


def saved(mlflow: Path, folder: Path, room: Path) -> list[Path]:
    """The two models as MLflow keeps them."""
    project = stepladder.Project.open(folder)
    release = Release.load(in_production(project).release, project.folder)
    plain = {k: v for k, v in release.model().items() if isinstance(v, float | int | str)}
    (room / "model.json").write_text(json.dumps(plain))
    carry(project, release, room / "data")
    code = room / "save.py"
    code.write_text(LEAN + SAVE)
    models = [room / "lean", room / "export"]
    command = [mlflow / "python", code, *models, room / "model.json", room / "data"]
    subprocess.run(command, check=True, env=environment(), capture_output=True)
    return models


@contextlib.contextmanager
def mlflow(where: Path, model: Path, port: int) -> Iterator[None]:
    """MLflow's own server, as its documentation starts it."""
    command = [where / "mlflow", "models", "serve", "-m", model, "--env-manager", "local"]
    env = {**environment(), "PATH": f"{where}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        [*command, "-h", "127.0.0.1", "-p", str(port)], env=env, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError), Client(port, "") as client:
                if client.send(client.request("GET", "/ping"))[0] == 200:
                    break
            time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


def loads(name: str, home: Path, token: str) -> list[bytes]:
    """The requests, ready made."""
    client = Client.__new__(Client)
    client.token = token if name.startswith("service") else ""
    if name == "service, known":
        return [
            client.request("POST", "/predict", {"cases": [c]})
            for c in known(home, "retention", 500)
        ]
    new = newcomers(home, "retention", 500)
    if name == "service, own rows":
        return [client.request("POST", "/predict", {"cases": [case]}) for case in new]
    if name == "mlflow, lean":
        bodies = [{"dataframe_records": [figures(i % 9)]} for i in range(500)]
    else:
        own = [[{"customer": -1, **row} for row in case["rows"]] for case in new]
        bodies = [{"dataframe_records": rows} for rows in own]
    return [client.request("POST", "/invocations", body) for body in bodies]


def figures(x: int) -> dict[str, float]:
    """A customer as the formula sees one, in weeks."""
    return {"x": x, "t_x": 20.0 + x if x else 0.0, "T": 70.0, "valued": x, "value": 30.5}


def hammer(port: int, requests: list[bytes], seconds: float) -> tuple[list[float], list[bytes]]:
    """Ask over a few connections at once; seconds of each request, and what went wrong."""
    took: list[float] = []
    errors: list[bytes] = []
    ends = time.perf_counter() + seconds

    def ask(nth: int) -> None:
        with Client(port, "") as client:
            while (begun := time.perf_counter()) < ends:
                status, body = client.send(requests[nth % len(requests)])
                took.append(time.perf_counter() - begun)
                nth += 7
                if status != 200:
                    errors.append(body)

    threads = [threading.Thread(target=ask, args=(i * 100,)) for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, errors


if __name__ == "__main__":
    main()
