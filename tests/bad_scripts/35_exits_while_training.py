# status: 5
# needs: torch
# says: sys.exit('stopped early')
import sys

import torch
from torch import nn, optim

x, y = torch.zeros(64, 2), torch.zeros(64, dtype=torch.long)
model = nn.Linear(2, 2)
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(5):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    if epoch == 2:
        sys.exit("stopped early")
