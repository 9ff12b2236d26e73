"""The machine's own limits, and how time is taken on it."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

_MATMUL_SIDE = {"cuda": 8192, "cpu": 1024}
_COPY_BYTES = {"cuda": 1 << 31, "cpu": 1 << 26}
_TIMES = 10


def name_of(device: torch.device) -> str:
    """As results name it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def settled(device: torch.device) -> None:
    """Wait until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(device: torch.device, work: Callable[[], object]) -> float:
    """Wall time of some work, to its end on the device."""
    settled(device)
    start = time.perf_counter()
    work()
    settled(device)
    return time.perf_counter() - start


def medians_s(device: torch.device, ways: Mapping[str, Callable[[], object]], times: int) -> dict[str, float]:
    """The median of each way, the ways in turn: what disturbs the machine for a while disturbs all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(times):
        for name, way in ways.items():
            taken[name].append(seconds(device, way))
    return {name: statistics.median(some) for name, some in taken.items()}


def matmul_flop_s(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP a second of a large matrix product, the best of some."""
    side = _MATMUL_SIDE[device.type]
    left, right = (torch.randn((side, side), device=device, dtype=dtype) for _ in range(2))
    return 2 * side**3 / min(seconds(device, lambda: left @ right) for _ in range(_TIMES))


def copy_byte_s(device: torch.device) -> float:
    """Bytes a second of a large copy, those read and those written, the best of some."""
    source = torch.zeros(_COPY_BYTES[device.type], dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * source.numel() / min(seconds(device, lambda: target.copy_(source)) for _ in range(_TIMES))


def peak_gib(device: torch.device, work: Callable[[], Any]) -> float:
    """The most CUDA memory that some work has in use, what lay there before included, in GiB."""
    torch.cuda.reset_peak_memory_stats(device)
    work()
    return torch.cuda.max_memory_allocated(device) / 2**30
