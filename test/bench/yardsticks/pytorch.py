"""Examples per second of training in PyTorch: pytorch.py MODEL THREADS SECONDS DATA, with shuffled batches of the
file that Kolmo reads too (MNIST's training images, or any text)."""
import sys, time, torch
import torch.nn as nn

model_name, threads, seconds, path = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.manual_seed(1)


def adam(model, rate):
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True)


def read_images():
    data = torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.uint8)
    labels = torch.frombuffer(
        bytearray(open(path.replace("images-idx3", "labels-idx1"), "rb").read()), dtype=torch.uint8
    )
    return data[16:].reshape(-1, 1, 28, 28).float() / 255, labels[8:].long()


def shuffled(count, batch):
    while True:
        order = torch.randperm(count)
        for start in range(0, count - batch + 1, batch):
            yield order[start : start + batch]


def classifier(model):
    images, labels = read_images()
    optimizer = adam(model, 1e-3)

    def step(index):
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(images[index]), labels[index])
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, len(images), 128


def dense(widths, activation, last):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1], *last)


def gan():
    images = 2 * read_images()[0].reshape(-1, 784) - 1
    generator = dense([100, 128, 256, 512, 1024, 784], nn.ReLU, [nn.Tanh()])
    discriminator = dense([784, 128, 256, 512, 1024, 1], nn.ReLU, [])
    optimizers = adam(generator, 1e-4), adam(discriminator, 1e-4)
    entropy = nn.functional.binary_cross_entropy_with_logits
    truth = torch.cat([torch.ones(128, 1), torch.zeros(128, 1)])

    def step(index):
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        drawn = generator(torch.randn(128, 100))
        # The discriminator's own gradients are not needed here, and are not computed.
        discriminator.requires_grad_(False)
        loss = entropy(discriminator(drawn), truth[:128])
        loss.backward()
        discriminator.requires_grad_(True)
        judged = entropy(discriminator(torch.cat([images[index], drawn.detach()])), truth)
        judged.backward()
        for optimizer in optimizers:
            optimizer.step()
        return loss.item() + judged.item()

    return step, len(images), 128


class NextSymbol(nn.Module):
    def __init__(self, symbols):
        super().__init__()
        self.embedding = nn.Embedding(symbols, 32)
        self.gru = nn.GRU(32, 128, batch_first=True)
        self.dense = nn.Linear(128, symbols)

    def forward(self, x):
        return self.dense(self.gru(self.embedding(x))[0])


def next_symbol():
    values, symbols = torch.unique(
        torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.uint8), return_inverse=True
    )
    count = (len(symbols) - 1) // 64
    inputs = symbols[: count * 64].reshape(count, 64)
    targets = symbols[1 : count * 64 + 1].reshape(count, 64)
    model = NextSymbol(len(values) + 1)
    optimizer = adam(model, 3e-3)

    def step(index):
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(inputs[index]).flatten(0, 1), targets[index].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        return loss.item()

    return step, count, 32


models = {
    "lenet-300-100": lambda: classifier(
        nn.Sequential(
            nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
        )
    ),
    "lenet-5": lambda: classifier(
        nn.Sequential(
            nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
        )
    ),
    "gan": gan,
    "next-symbol": next_symbol,
}
step, count, batch = models[model_name]()
batches = shuffled(count, batch)
for _ in range(20):
    step(next(batches))
start, steps = time.perf_counter(), 0
while time.perf_counter() - start < seconds:
    step(next(batches))
    steps += 1
print(round(steps * batch / (time.perf_counter() - start)))
