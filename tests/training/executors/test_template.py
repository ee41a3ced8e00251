import array
import json
import os
import socket

import pytest

from netmend.training.executors import template


def send(channel, message, *descriptors):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    channel.sendmsg([(json.dumps(message) + "\n").encode()], rights)


def test_requests_that_wait_together_keep_their_own_descriptors(tmp_path):
    ours, theirs = socket.socketpair()
    pipes = [os.pipe() for _ in range(4)]
    send(ours, {"number": 1}, pipes[0][1], pipes[1][1])
    send(ours, {"number": 2}, pipes[2][1], pipes[3][1])
    requests = template._Requests(theirs)
    for number in (1, 2):
        message, descriptors = requests.next()
        assert message == {"number": number}
        for pipe, descriptor in zip(pipes[2 * number - 2 :], descriptors, strict=False):
            os.write(descriptor, b"%d" % number)
            assert os.read(pipe[0], 10) == b"%d" % number
            os.close(descriptor)
    ours.close()
    with pytest.raises(EOFError):
        requests.next()
    theirs.close()
    for pipe in pipes:
        os.close(pipe[0])
        os.close(pipe[1])


def test_a_request_that_comes_in_pieces_is_one_request():
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [reader, writer]))]
    ours.sendmsg([b'{"numb'], rights)
    ours.sendall(b'er": 1}\n')
    message, descriptors = template._Requests(theirs).next()
    assert (message, len(descriptors)) == ({"number": 1}, 2)
    for descriptor in (reader, writer, *descriptors):
        os.close(descriptor)
    ours.close()
    theirs.close()
