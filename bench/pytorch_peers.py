#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tasks in plain PyTorch, in turn with ours.

  bench/pytorch_peers.py --hornet CHECKOUT [--convnext CHECKOUT] [--swin CHECKOUT] [--device cuda]

CHECKOUT is the official code of a family (raoyongming/HorNet, facebookresearch/ConvNeXt, microsoft/Swin-Transformer).
Run it with a Python that has torch; timm is used where it is there. The tasks:

  Forward     one 224 x 224 image through the official eager model
  Everything  what somebody who knows PyTorch writes for a Grad-CAM at every block: frozen parameters, one forward and one
              backward pass, maps from hooks (for HorNet without the gates, states and contributions that ours adds)
  Erf         one 1024 x 1024 image through HorNet-T: the gradient of the middle of the last stage, as RepLKNet's script
              for effective receptive fields takes it; once with the parameters as they come, once frozen
  Batch       HorNet-T with the mean magnitude of every gate, in batches of 1 and of 8; a time an image

With --device cuda all of them but Batch, against orderscope-bench-cuda; float32 without TF32 on both sides, results on the CPU at
the end. Prints milliseconds, the median of the rounds, PyTorch's time over ours, and on the CPU the peak memory above what was
resident before, where our benchmark knows its own.
"""
import argparse
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
import types

import torch


def stand_in_for_timm():
    """What the official files import of timm, for Pythons without it; none of it acts in evaluation mode."""
    class DropPath(torch.nn.Identity):
        def __init__(self, *args, **kwargs):
            super().__init__()

    layers = types.ModuleType("timm.models.layers")
    layers.DropPath, layers.trunc_normal_ = DropPath, torch.nn.init.trunc_normal_
    layers.to_2tuple = lambda x: x if isinstance(x, tuple) else (x, x)
    registry = types.ModuleType("timm.models.registry")
    registry.register_model = lambda function: function
    for name, module in {"timm": types.ModuleType("timm"), "timm.models": types.ModuleType("timm.models"),
                         "timm.models.layers": layers, "timm.models.registry": registry}.items():
        sys.modules[name] = module


def load(checkout, folder, module):
    sys.path.insert(0, os.path.join(checkout, folder))
    try:
        return importlib.import_module(module)
    finally:
        sys.path.pop(0)


def official_models(arguments):
    """Name in our benchmark -> (maker of the model, its blocks)."""
    if importlib.util.find_spec("timm") is None:
        stand_in_for_timm()
    convolutional = lambda model: [block for stage in model.stages for block in stage]
    models = {}
    if arguments.hornet:
        hornet = load(arguments.hornet, "", "hornet")
        models["hornet_t_7x7"] = (lambda: hornet.hornet_tiny_7x7(pretrained=False), convolutional)
        models["hornet_t_gf"] = (lambda: hornet.hornet_tiny_gf(pretrained=False), convolutional)
    if arguments.swin:
        swin = load(arguments.swin, "models", "swin_transformer")
        models["swin_t"] = (lambda: swin.SwinTransformer(img_size=224),
                            lambda model: [block for layer in model.layers for block in layer.blocks])
    if arguments.convnext:
        convnext = load(arguments.convnext, "models", "convnext")
        models["convnext_t"] = (lambda: convnext.convnext_tiny(), convolutional)
    return models


def prepare(make):
    """Layer scale as in a trained network: at 1e-6 the branches would fall below float32's normal numbers."""
    torch.manual_seed(0)
    model = make().eval()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(False)
        if name.split(".")[-1].startswith("gamma"):
            parameter.fill_(0.3)
    return model


def forward(model, blocks, image):
    with torch.no_grad():
        return model(image).cpu()


def everything(model, blocks, image):
    activations = []
    hooks = [block.register_forward_hook(lambda module, inputs, output: activations.append(output)) for block in blocks]
    logits = model(image.requires_grad_(True))
    for hook in hooks:
        hook.remove()
    gradients = torch.autograd.grad(logits[0, 0], activations)
    maps = []
    with torch.no_grad():
        for a, g in zip(activations, gradients):
            over = 1 if a.dim() == 3 else (2, 3)
            channel = -1 if a.dim() == 3 else 1
            maps.append((a * g.mean(over, keepdim=True)).sum(channel))
        return torch.cat([m.flatten() for m in maps]).cpu()


def receptive_field(model, blocks, image):
    x = image.detach().requires_grad_(True)
    y = x
    for downsample, stage in zip(model.downsample_layers, model.stages):
        y = stage(downsample(y))
    unit = torch.relu(y[:, :, y.shape[2] // 2, y.shape[3] // 2]).sum()
    gradient = torch.autograd.grad(unit, x)[0]
    return torch.relu(gradient).sum((0, 1)).cpu()


def order_summaries(model, blocks, images):
    sums = []

    def summarise(module, inputs, output):
        sums.extend(gate.abs().mean((1, 2, 3)) for gate in torch.split(output * module.scale, module.widths, 1))

    hooks = []
    for block in blocks:
        conv = block.gnconv.dwconv
        conv.scale, conv.widths = block.gnconv.scale, block.gnconv.dims
        hooks.append(conv.register_forward_hook(summarise))
    with torch.no_grad():
        logits = model(images)
    for hook in hooks:
        hook.remove()
    return logits.cpu(), torch.stack(sums).cpu()


def ours(arguments, pattern):
    """What our benchmark of this name reports."""
    found = subprocess.run([arguments.bench, f"--benchmark_filter={pattern}", "--benchmark_format=json"], check=True,
                           capture_output=True, text=True)
    return json.loads(found.stdout)["benchmarks"][0]


def peak_memory_mb(task):
    """Peak resident memory of a task above what was resident before it (Linux)."""
    def status(field):
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field + ":"))

    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps from earlier would hide what the task needs
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")
    before = status("VmRSS")
    task()
    return status("VmHWM") - before


class Comparison:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rows = []

    def add(self, task, name, peer, pattern, images=1, rounds=5):
        """`peer` is timed in turn with the benchmark of ours that `pattern` names; both work on `images` images."""
        theirs, own = [], []
        memory = peak_memory_mb(peer)
        for _ in range(self.arguments.rounds):
            peer()
            for _ in range(rounds):
                start = time.perf_counter()
                peer()
                theirs.append(1e3 * (time.perf_counter() - start) / images)
            report = ours(self.arguments, pattern)
            own.append(report["real_time"] / images)
        row = {"task": task, "model": name, "pytorch_ms": statistics.median(theirs),
               "orderscope_ms": statistics.median(own)}
        row["ratio"] = row["pytorch_ms"] / row["orderscope_ms"]
        text = ("{task:28}{model:14}PyTorch {pytorch_ms:8.2f} ms   OrderScope {orderscope_ms:8.2f} ms   "
                "{ratio:5.2f} x".format(**row))
        if "peak_MB" in report:
            row["pytorch_MB"], row["orderscope_MB"] = memory, report["peak_MB"]
            text += f"   {memory:6.0f} MB, {report['peak_MB']:6.0f} MB"
        self.rows.append(row)
        if not self.arguments.json:
            print(text, flush=True)


def compare(arguments):
    device = arguments.device
    on_cuda = device.startswith("cuda")
    comparison = Comparison(arguments)
    wanted = arguments.tasks.split(",")
    for name, (make, blocks_of) in official_models(arguments).items():
        model = prepare(make).to(device)
        blocks = blocks_of(model)
        image = torch.randn(1, 3, 224, 224, device=device)
        for task, run in (("Forward", forward), ("Everything", everything)):
            if task not in wanted:
                continue
            peer = lambda: run(model, blocks, image)
            comparison.add(task, name, peer, f"^{task}/{name}/")
            if on_cuda:
                comparison.add(task + ", one CUDA graph", name, peer, f"^{task}/{name}_graph/")
        if name != "hornet_t_7x7":
            continue
        if "Erf" in wanted:
            large = torch.randn(1, 3, 1024, 1024, device=device)
            for kind in ("frozen", "as they come"):
                for parameter in model.parameters():
                    parameter.requires_grad_(kind != "frozen")
                peer = lambda: receptive_field(model, blocks, large)
                patterns = {"": "^Erf/1/", ", 4 a pass": "^Erf/4/"} if on_cuda else {"": "^ErfOverForwardBackward/"}
                for batch, pattern in patterns.items():
                    comparison.add(f"Erf, {kind}{batch}", name, peer, pattern, rounds=2)
            for parameter in model.parameters():
                parameter.requires_grad_(False)
        if "Batch" in wanted and not on_cuda:
            for batch in (1, 8):
                images = torch.randn(batch, 3, 224, 224)
                comparison.add(f"Batch of {batch}", name, lambda: order_summaries(model, blocks, images),
                               f"^SummariesOverBareForward/{batch}/", images=batch)
    return comparison.rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for family in ("hornet", "swin", "convnext"):
        parser.add_argument(f"--{family}", metavar="CHECKOUT")
    parser.add_argument("--bench", help="our benchmark; default build/release/bin/orderscope-bench, with --device cuda "
                                        "build/engine-cuda/bin/orderscope-bench-cuda")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tasks", default="Forward,Everything,Erf,Batch", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    arguments = parser.parse_args()
    on_cuda = arguments.device.startswith("cuda")
    if not arguments.bench:
        arguments.bench = ("build/engine-cuda/bin/orderscope-bench-cuda" if on_cuda
                           else "build/release/bin/orderscope-bench")
    torch.set_flush_denormal(True)
    torch.backends.cudnn.allow_tf32 = False
    rows = compare(arguments)
    if arguments.json:
        print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "device": arguments.device,
                          "rows": rows}, indent=1))
    elif not rows:
        parser.error("name at least one checkout")


if __name__ == "__main__":
    main()
