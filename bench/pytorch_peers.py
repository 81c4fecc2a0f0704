#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tasks in plain PyTorch, in turn with ours.

  bench/pytorch_peers.py --hornet CHECKOUT [--convnext CHECKOUT] [--swin CHECKOUT] [--bench build/release/bin/orderscope-bench]

CHECKOUT is the official code of a family (raoyongming/HorNet, facebookresearch/ConvNeXt, microsoft/Swin-Transformer).
Run it with a Python that has torch; timm is used where it is there. Two tasks: `Forward`, one 224 x 224 image through
the official eager model; `Everything`, what somebody who knows PyTorch writes for a Grad-CAM at every block: frozen
parameters, one forward and one backward pass, maps from hooks (for HorNet without the gates, states and contributions
that ours adds). Prints milliseconds, the median of the rounds, and PyTorch's time over ours.
"""
import argparse
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
        model(image)


def everything(model, blocks, image):
    activations = []
    hooks = [block.register_forward_hook(lambda module, inputs, output: activations.append(output)) for block in blocks]
    logits = model(image.requires_grad_(True))
    for hook in hooks:
        hook.remove()
    gradients = torch.autograd.grad(logits[0, 0], activations)
    with torch.no_grad():
        for a, g in zip(activations, gradients):
            over = 1 if a.dim() == 3 else (2, 3)
            channel = -1 if a.dim() == 3 else 1
            (a * g.mean(over, keepdim=True)).sum(channel)


def ours(bench, task, name):
    found = subprocess.run([bench, f"--benchmark_filter=^{task}/{name}/", "--benchmark_format=json"], check=True,
                           capture_output=True, text=True)
    return json.loads(found.stdout)["benchmarks"][0]["real_time"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for family in ("hornet", "swin", "convnext"):
        parser.add_argument(f"--{family}", metavar="CHECKOUT")
    parser.add_argument("--bench", default="build/release/bin/orderscope-bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    arguments = parser.parse_args()
    torch.set_flush_denormal(True)
    rows = []
    for name, (make, blocks_of) in official_models(arguments).items():
        model = prepare(make)
        blocks = blocks_of(model)
        for task, run in (("Forward", forward), ("Everything", everything)):
            peers, own = [], []
            for _ in range(arguments.rounds):
                image = torch.randn(1, 3, 224, 224)
                run(model, blocks, image)
                for _ in range(5):
                    start = time.perf_counter()
                    run(model, blocks, image)
                    peers.append(1e3 * (time.perf_counter() - start))
                own.append(ours(arguments.bench, task, name))
            row = {"task": task, "model": name, "pytorch_ms": statistics.median(peers),
                   "orderscope_ms": statistics.median(own)}
            row["ratio"] = row["pytorch_ms"] / row["orderscope_ms"]
            rows.append(row)
            if not arguments.json:
                print("{task:12}{model:14}PyTorch {pytorch_ms:8.1f} ms   OrderScope {orderscope_ms:8.1f} ms   "
                      "{ratio:5.2f} x".format(**row), flush=True)
    if arguments.json:
        print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "rows": rows}, indent=1))
    elif not rows:
        parser.error("name at least one checkout")


if __name__ == "__main__":
    main()
