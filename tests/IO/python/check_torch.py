"""Checks that a file written by StateSamples.Everything is what Python should see; argument: the path."""
import math
import struct
import sys
import zipfile

import torch

state = torch.load(sys.argv[1], map_location="cpu")
assert list(state)[:3] == ["none", "booleans", "integers"], list(state)
assert state["none"] is None
assert state["booleans"] == [True, False] and all(type(v) is bool for v in state["booleans"])
assert state["integers"] == [0, 1, 255, 256, 65535, 65536, -1, -129, 2**31 - 1, -2**31, 2**31, 2**63 - 1, -2**63]
reals = state["reals"]
assert reals[:4] == [0.0, 0.0, 1.5, math.pi] and math.copysign(1, reals[1]) == -1
assert math.isnan(reals[4]) and reals[5:] == [math.inf, -math.inf, 5e-324, sys.float_info.max]
assert state["texts"] == ["", "plain", "Grüße, 世界, 🌩", 'tab\tquote"line\nend\0', "half \ud83c pair"]
assert state["bytes"] == bytes([0, 1, 127, 128, 255]) and type(state["bytes"]) is bytes
assert state["empty_map"] == {} and state["empty_list"] == []
assert state["tuples"] == [(), (1,), (0.9, 0.999), (1, 2, 3, 4)]
assert state["numbers"] == {0: "zero", 7: "seven", -3: "minus three", 2**40: "large"}
assert state["nested"] == {"list": [{"a": 1}, [[2]]]}
assert state["long_list"] == list(range(2500))

names = {
    "Byte": torch.uint8, "Int8": torch.int8, "Int16": torch.int16, "Int32": torch.int32, "Int64": torch.int64,
    "Float16": torch.float16, "Float32": torch.float32, "Float64": torch.float64, "ComplexFloat32": torch.complex64,
    "ComplexFloat64": torch.complex128, "Bool": torch.bool, "BFloat16": torch.bfloat16,
}
tensors = state["state_dict"]
assert len(tensors) == len(names) * 8, len(tensors)
for key, tensor in tensors.items():
    name, shape = key[:-1].split("[")
    assert tensor.dtype == names[name], key
    assert list(tensor.shape) == ([int(s) for s in shape.split(",")] if shape else []), key
    assert tensor.is_contiguous(), key

views = state["views"]
base = torch.arange(24, dtype=torch.float32)
assert torch.equal(views["whole"], base.view(4, 6))
assert torch.equal(views["transposed"], base.view(4, 6).t())
assert torch.equal(views["row"], base[12:18])
assert torch.equal(views["every_second"], base[::2])
assert torch.equal(views["repeated"], base[6:12].expand(5, 6))
assert len({v.storage().data_ptr() for v in views.values()}) == 1, "views share one storage"

# The bytes, read by a zip reader that knows nothing of torch and checks every checksum.
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
for entry in archive.infolist():
    if entry.filename.startswith("archive/data/"):
        with open(sys.argv[1], "rb") as file:
            file.seek(entry.header_offset + 26)
            name_length, extra_length = struct.unpack("<HH", file.read(4))
            assert (entry.header_offset + 30 + name_length + extra_length) % 64 == 0, entry.filename
# Every element, as bytes, for the test to compare.
with open(sys.argv[2], "wb") as output:
    for tensor in list(tensors.values()) + list(views.values()):
        flat = tensor.contiguous().flatten()
        if flat.numel():
            output.write(flat.view(torch.uint8).numpy().tobytes() if tensor.dtype != torch.bool else flat.to(torch.uint8).numpy().tobytes())
print("ok")
