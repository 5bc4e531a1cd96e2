"""Run a program in a network of its own, which nothing leaves, and with a folder that it cannot write to. Linux, and only where this is allowed.

As a command: ``python alone.py FOLDER PROGRAM ARGUMENTS…``. A server that the program opens is reached with `connect`.
"""
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading

NEW_MOUNTS, NEW_NETWORK = 0x20000, 0x40000000  # sched.h
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 32, 4096, 16384, 1 << 18  # sys/mount.h
SET_FLAGS, UP = 0x8914, 1  # net/if.h


def _system(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def leave(folder):
    """Take this process out of the machine's network; from now on it sees `folder` as read-only."""
    _system("unshare", NEW_NETWORK | NEW_MOUNTS)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
    place = os.fsencode(folder)
    _system("mount", b"none", b"/", None, RECURSIVE | PRIVATE, None)
    _system("mount", place, place, None, BIND, None)
    _system("mount", None, place, None, REMOUNT | BIND | READ_ONLY, None)


def prefix(folder):
    """What to put before a command line."""
    return [sys.executable, __file__, str(folder)]


def possible(folder):
    """Whether this machine allows it: the network is empty there, and the folder cannot be written to."""
    trial = "import pathlib, sys; assert len(open('/proc/net/dev').readlines()) == 3; pathlib.Path(sys.argv[1], 'written').write_text('')"
    done = subprocess.run([*prefix(folder), sys.executable, "-c", trial, str(folder)], capture_output=True, text=True)
    return "Read-only file system" in done.stderr


def connect(process, port):
    """A socket to a port of 127.0.0.1 in the network of a process."""
    answers = []

    def ask():  # a thread of its own: only it changes over
        try:
            with open(f"/proc/{process}/ns/net") as network:
                _system("setns", network.fileno(), NEW_NETWORK)
            answers.append(socket.create_connection(("127.0.0.1", port)))
        except OSError as error:
            answers.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    if isinstance(answers[0], OSError):
        raise answers[0]
    return answers[0]


if __name__ == "__main__":
    leave(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
