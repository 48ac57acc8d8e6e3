"""A kernel of its own, and cells run in it as a notebook runs them."""

from __future__ import annotations

import os

from jupyter_client.manager import start_new_kernel


class Kernel:
    """A kernel that believes in a Jupyter server, so that figures are live."""

    def __init__(self, folder: str | os.PathLike = "."):
        env = {"JPY_SESSION_NAME": "some.ipynb", "MADKIT_RENDER": "live"}
        self.manager, self.client = start_new_kernel(cwd=folder, env=os.environ | env)

    def run(self, code: str, cell: str = "") -> str:
        """What the code prints, run as the cell of this id; RuntimeError where it fails."""
        said: list[str] = []

        def heard(message):
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                said.append(content["text"])

        message = self.client.session.msg("execute_request", {
            "code": code, "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": True}, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        reply = self._reply(message["header"]["msg_id"], heard)
        if reply["status"] != "ok":
            raise RuntimeError(f"{code[:60]!r}: {reply['ename']}: {reply['evalue']}")
        return "".join(said)

    def _reply(self, asked: str, heard) -> dict:
        while True:
            message = self.client.get_iopub_msg(timeout=600)
            if message["parent_header"].get("msg_id") != asked:
                continue
            heard(message)
            if message["content"].get("execution_state") == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=600)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
