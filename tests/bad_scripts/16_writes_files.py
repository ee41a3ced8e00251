# status: 0
# needs: torch
# options: --goal 0.5
# says: Nothing to repair
# It overwrites its own data, makes a folder and deletes a file of its folder; none of that reaches the user's own.
from pathlib import Path

import torch
from torch import nn, optim

here = Path(__file__).parent
(here / "out").mkdir()
(here / "out" / "log.txt").write_text("started\n")
Path("note.txt").unlink()
Path(__file__).write_text("")

x = torch.cartesian_prod(torch.linspace(-3, 3, 16), torch.linspace(-3, 3, 16))
y = (x.sum(1) > 0.1).long()
x_train, y_train, x_test, y_test = x[::2], y[::2], x[1::2], y[1::2]
model = nn.Linear(2, 2)
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(30):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x_train), y_train)
    loss.backward()
    optimizer.step()
torch.save(model.state_dict(), "model.pt")
model.eval()
with torch.no_grad():
    print((model(x_test).argmax(1) == y_test).float().mean().item())
