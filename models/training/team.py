"""Several processes, one a GPU, that train one network together: each learns from batches of its own, and their gradients are averaged.

All take the same steps: the first process says how far the training is, and what follows from that (rate, shape of the batch, validation, end)
is the same everywhere. NCCL between GPUs, Gloo on a CPU; they meet on the loopback interface.
"""

from __future__ import annotations

import datetime
import os
import socket

import torch
from torch import Tensor, nn
from torch import distributed as dist


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Team:
    """Member `rank` of `size`; of one alone every method does nothing."""

    def __init__(self, rank: int = 0, size: int = 1, port: int = 0, patience_s: float = 120):
        self.rank, self.size, self.told = rank, size, 0
        if size > 1:
            self.patience = datetime.timedelta(seconds=patience_s)
            self.store = dist.TCPStore("127.0.0.1", port, size, rank == 0, timeout=self.patience)

    @property
    def first(self) -> bool:
        return self.rank == 0

    def join(self, cuda: bool) -> None:
        """Opens the group. After the capture of CUDA graphs, which NCCL's own threads would disturb."""
        if self.size > 1:
            if not cuda:
                os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
            dist.init_process_group("nccl" if cuda else "gloo", store=self.store, rank=self.rank, world_size=self.size, timeout=self.patience)

    def agreed(self, value: float) -> float:
        """The first one's value, for all. A member whose first one has gone fails here after its patience."""
        if self.size == 1:
            return value
        key = f"agreed {self.told}"
        self.told += 1
        if self.first:
            self.store.set(key, repr(value))
            return value
        return float(self.store.get(key))

    @torch.no_grad()
    def take_over(self, *models: nn.Module) -> None:
        """Gives all members the weights and statistics of the first one."""
        for tensor in (t for m in models for t in m.state_dict().values()) if self.size > 1 else ():
            copy = tensor.detach().clone(memory_format=torch.contiguous_format)
            dist.broadcast(copy, 0)
            tensor.copy_(copy)

    @torch.no_grad()
    def average(self, model: nn.Module) -> None:
        """Makes every gradient the mean of the members' gradients."""
        if self.size == 1:
            return
        gradients = [p.grad for p in model.parameters()]
        flat = torch.cat([g.reshape(-1) for g in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients])):
            gradient.copy_(mean.view(gradient.shape))

    def leave(self) -> None:
        """Waits for the others, so that nobody's group ends while another one needs it."""
        if self.size > 1:
            self.agreed(0.0)
            dist.destroy_process_group()
