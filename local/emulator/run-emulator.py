"""Runs the emulator for as long as the program that started it lives.

That program holds the other end of standard input, and the system closes it however the program
ends. This process then leads a process group with the emulator's workers in it, and the directory
named by the only argument is theirs.
"""

import os
import runpy
import shutil
import signal
import sys
import threading

from ministack.services.cloudformation import provisioners

directory = sys.argv.pop()


def end_with_parent():
    # Not sys.stdin: a thread that waits in it would break the interpreter's own shutdown.
    while os.read(0, 1024):
        pass
    shutil.rmtree(directory, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


# The emulator refuses templates with a type that it does not know. Nothing runs a saved query here, and no alarm is judged.
for unknown in ("AWS::Logs::QueryDefinition", "AWS::CloudWatch::CompositeAlarm"):
    provisioners._RESOURCE_HANDLERS.setdefault(
        unknown,
        {
            "create": lambda logical_id, props, stack_name: (
                f"{stack_name}-{logical_id}",
                {"Arn": f"arn:aws:cloudwatch:::{stack_name}-{logical_id}"},
            ),
            "update": lambda physical_id, old_props, new_props, stack_name: (physical_id, {}),
            "delete": lambda physical_id, props: None,
        },
    )

threading.Thread(target=end_with_parent, daemon=True).start()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
