"""Serves moto on a free port of loopback, and prints its address. Ends with the program that started it.

That program holds the other end of standard input, and the system closes it however the program ends.
"""

import logging
import os

from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"http://{host}:{port}", flush=True)
while os.read(0, 1024):
    pass
os._exit(0)
