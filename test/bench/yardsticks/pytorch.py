"""Examples per second of one training step in PyTorch: pytorch.py MODEL THREADS SECONDS, on random images."""
import sys, time, torch
import torch.nn as nn

model_name, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(1)
models = {
    "lenet-300-100": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
    ),
    "lenet-5": lambda: nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    ),
}
model = models[model_name]()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
batch, batches = 128, 64
images = torch.rand(batches, batch, 1, 28, 28)
labels = torch.randint(0, 10, (batches, batch))


def step(i):
    optimizer.zero_grad(set_to_none=True)
    loss = nn.functional.cross_entropy(model(images[i % batches]), labels[i % batches])
    loss.backward()
    optimizer.step()
    return loss.item()


for i in range(20):
    step(i)
start, steps = time.perf_counter(), 0
while time.perf_counter() - start < seconds:
    step(steps)
    steps += 1
print(round(steps * batch / (time.perf_counter() - start)))
