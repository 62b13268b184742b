"""Rebuilds the network of samples/AttentionXml from a checkpoint alone and scores one document: score.py CHECKPOINT WORD..."""
import sys

import torch

checkpoint = torch.load(sys.argv[1], map_location="cpu")
weights = {name.split(".", 1)[1]: tensor for name, tensor in checkpoint["state_dict"].items()}
words = torch.tensor([[int(word) for word in sys.argv[2:]]])

lstm = torch.nn.LSTM(weights["embedding.weight"].shape[1], weights["lstm.weight_hh_l0"].shape[1], batch_first=True, bidirectional=True)
lstm.load_state_dict({name[len("lstm."):]: tensor for name, tensor in weights.items() if name.startswith("lstm.")})

states, _ = lstm(weights["embedding.weight"][words])
attention = torch.softmax((states @ weights["attention.weight"].t()).transpose(1, 2), dim=-1)
hidden = torch.relu((attention @ states) @ weights["mlp.weight"].t() + weights["mlp.bias"])
scores = (hidden @ weights["output.weight"].t() + weights["output.bias"]).flatten()

print(checkpoint["global_step"])
for score in scores.tolist():
    print(repr(score))
