"""Augmentation on the device, one batch at a time: geometry in one sampling pass, then colour and camera faults.

The whole set lies decoded in device memory (`PictureBank`). A training picture is a G x G grid of cells (G = 1, 2 or 3:
single picture, mosaic of four, mosaic of nine; mosaic: Bochkovskiy et al. 2020), each cell showing a scaled, flipped,
slightly turned crop of one source picture, a share of them squeezed or stretched. A portrait shows one head enlarged, so
that large heads come from real pictures too, and a paste puts the head of one picture into another (copy-paste:
Ghiasi et al. 2021). Then some pictures get what the air and a CCTV chain do: a veil of fog, fewer pixels, blur, noise, JPEG
blocks, grey night mode, bars above and below as the letterbox of a 16:9 frame leaves them. Any height and width that are multiples of 32.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data import Letterbox, Sample

PAD = 114 / 255
MIN_BOX_PX = 4.0
MIN_VISIBLE = 0.3
SQUEEZED = 0.3  # share of pictures whose aspect ratio is changed much
PORTRAIT_PX = (60.0, 520.0)
PASTE_PX = (40.0, 400.0)
LARGEST_ENLARGEMENT = 7.0
VEIL_LEAVES = (0.15, 0.7)  # of the contrast, at the top of the picture
LARGE_PX = 150.0  # in a letterbox of 640
SMALLEST_SOURCE_PX = 16.0  # heads narrower than this in their source are not enlarged


class PictureBank:
    """Decoded pictures in one uint8 tensor, all at full and then all at half size, with padded labels in source pixels."""

    def __init__(self, samples: list[Sample], device: torch.device, canvas: int = 640):
        count = len(samples)
        most = max(1, max(len(s.labels) for s in samples))
        self.canvas = canvas
        sizes = torch.zeros(count, 2)
        labels = torch.zeros(count, most, 5)
        valid = torch.zeros(count, most, dtype=torch.bool)
        self.pictures = torch.zeros(2 * count, 3, canvas, canvas, dtype=torch.uint8, device=device)
        part = np.zeros((min(count, 256), 3, canvas, canvas), np.uint8)

        def place(job: tuple[int, int]) -> None:
            i, slot = job
            picture = samples[i].decode()
            h, w = picture.shape[:2]
            if max(h, w) > canvas:
                fit = Letterbox.fit(w, h, canvas)
                picture = fit.apply(picture, canvas)[fit.pad_y :, fit.pad_x :]
                h, w = round(h * fit.scale), round(w * fit.scale)
                picture = picture[:h, :w]
            part[slot] = 0
            part[slot, :, :h, :w] = picture.transpose(2, 0, 1)
            sizes[i] = torch.tensor([w, h])
            m = len(samples[i].labels)
            labels[i, :m] = torch.from_numpy(samples[i].labels) * torch.tensor([1, w, h, w, h])
            valid[i, :m] = True

        with ThreadPoolExecutor(16) as pool:
            for start in range(0, count, len(part)):
                some = range(start, min(start + len(part), count))
                list(pool.map(place, ((i, i - start) for i in some)))
                self.pictures[some.start : some.stop] = torch.from_numpy(part[: len(some)]).to(device)
                for i in range(some.start, some.stop, 64):
                    half = F.avg_pool2d(self.pictures[i : min(i + 64, some.stop)].float(), 2).round().byte()
                    self.pictures[count + i : count + i + len(half), :, : canvas // 2, : canvas // 2] = half
        self.count = count
        self.sizes, self.labels, self.valid = sizes.to(device), labels.to(device), valid.to(device)

    def __len__(self) -> int:
        return self.count


def uniform(shape, low: float, high: float, device) -> Tensor:
    return torch.rand(shape, device=device) * (high - low) + low


def log_uniform(shape, low: float, high: float, device) -> Tensor:
    return torch.exp(uniform(shape, math.log(low), math.log(high), device))


def compose(
    bank: PictureBank,
    index: Tensor,
    grid: int,
    scale_range: tuple[float, float],
    plain: float = 0.0,
    shape: tuple[int, int] = (640, 640),
    focus: Tensor | None = None,
):
    """Builds pictures [B, 3, *shape] (0..1) and labels [B, M, 5] in model pixels with a validity mask.

    `index` [B, grid * grid] picks the source pictures; `scale_range` is relative to the letterboxed size; `plain` is the
    share of pictures shown exactly as the letterbox would (grid 1 only). `focus` [B] (grid 1 only) picks a label of each
    picture that becomes PORTRAIT_PX wide.
    """
    dev, b, g, cells = index.device, len(index), grid, grid * grid
    high, wide = shape
    canvas = bank.canvas
    sizes = bank.sizes[index]  # [B, C, 2] source width, height
    factor = log_uniform((b, cells), *scale_range, dev)
    turn = torch.where(torch.rand(b, cells, device=dev) < 0.3, uniform((b, cells), -0.12, 0.12, dev), torch.zeros((), device=dev))
    flip = torch.rand(b, cells, device=dev) < 0.5
    aspect = log_uniform((b, cells), 0.9, 1.11, dev)
    squeezed = torch.rand(b, cells, device=dev) < SQUEEZED
    aspect = torch.where(squeezed, log_uniform((b, cells), 0.5, 1.9, dev), aspect)
    is_plain = torch.rand(b, cells, device=dev) < plain
    factor = torch.where(is_plain, torch.ones_like(factor), factor)
    turn = torch.where(is_plain, torch.zeros_like(turn), turn)
    aspect = torch.where(is_plain, torch.ones_like(aspect), aspect)

    letterbox_scale = torch.minimum(wide / sizes[..., 0], high / sizes[..., 1])
    if focus is not None:
        chosen = bank.labels[index[:, 0], focus]  # [B, 5]
        wanted = torch.minimum(log_uniform((b,), *PORTRAIT_PX, dev), chosen[:, 3] * LARGEST_ENLARGEMENT)
        factor = (wanted / chosen[:, 3])[:, None] / letterbox_scale
    sx, sy = letterbox_scale * factor * aspect.sqrt(), letterbox_scale * factor / aspect.sqrt()

    # cell borders; some pictures carry the bars of a letterboxed 16:9 frame
    frame_x = torch.tensor([0.0, float(wide)], device=dev).expand(b, 2)
    frame_y = torch.tensor([0.0, float(high)], device=dev).expand(b, 2)
    bar = (high - wide * 9 / 16) / 2
    if bar > 0 and plain < 1:
        bars = (torch.rand(b, 1, device=dev) < 0.15).expand(b, 2)
        frame_y = torch.where(bars, torch.tensor([bar, high - bar], device=dev).expand(b, 2), frame_y)
    inner = (torch.arange(1, g, device=dev).float() / g).expand(b, g - 1)
    jitter = 0.5 / g if g > 1 else 0.0
    cuts_x = (inner + uniform((b, g - 1), -jitter / 1.5, jitter / 1.5, dev)) * wide
    cuts_y = frame_y[:, :1] + (inner + uniform((b, g - 1), -jitter / 1.5, jitter / 1.5, dev)) * (frame_y[:, 1:] - frame_y[:, :1])
    edges_x = torch.cat((frame_x[:, :1], cuts_x, frame_x[:, 1:]), 1)
    edges_y = torch.cat((frame_y[:, :1], cuts_y, frame_y[:, 1:]), 1)
    cx = torch.arange(cells, device=dev) % g
    cy = torch.arange(cells, device=dev) // g
    x0, x1, y0, y1 = edges_x[:, cx], edges_x[:, cx + 1], edges_y[:, cy], edges_y[:, cy + 1]

    # where the scaled picture lies: covering the cell if it can, anywhere inside if it is smaller
    w, h = sizes[..., 0] * sx, sizes[..., 1] * sy
    centred = is_plain | (torch.rand(b, cells, device=dev) < (0.3 if g == 1 else 0.0))
    at = torch.where(centred[..., None], torch.full((), 0.5, device=dev), torch.rand(b, cells, 2, device=dev))
    left = x0 + (x1 - x0 - w) * at[..., 0]
    top = y0 + (y1 - y0 - h) * at[..., 1]
    mid_x, mid_y = left + w / 2, top + h / 2
    cos, sin = torch.cos(turn), torch.sin(turn)
    mirror = torch.where(flip, -1.0, 1.0)
    if focus is not None:  # the chosen head anywhere in the picture
        dx = (chosen[:, None, 1] - sizes[..., 0] / 2) * mirror * sx
        dy = (chosen[:, None, 2] - sizes[..., 1] / 2) * sy
        mid_x = uniform((b, 1), 0.12, 0.88, dev) * wide - (cos * dx - sin * dy)
        mid_y = uniform((b, 1), 0.15, 0.85, dev) * high - (sin * dx + cos * dy)

    # source = R(-turn) (output - mid) / s + size / 2, mirrored where flipped
    xx, xy = mirror * cos / sx, mirror * sin / sx
    yx, yy = -sin / sy, cos / sy
    ox = sizes[..., 0] / 2 - xx * mid_x - xy * mid_y
    oy = sizes[..., 1] / 2 - yx * mid_x - yy * mid_y

    small = (sx.minimum(sy) < 0.6) & (torch.rand(b, cells, device=dev) < 0.6)
    level = torch.where(small, 0.5, 1.0)

    tiles = bank.pictures[index + small * len(bank)].view(b, g, g, 3, canvas, canvas).permute(0, 3, 1, 4, 2, 5)
    atlas = tiles.to(torch.float32, memory_format=torch.contiguous_format).view(b, 3, g * canvas, g * canvas)

    across, down = torch.arange(wide, device=dev) + 0.5, torch.arange(high, device=dev) + 0.5
    col = (across[None, :, None] >= cuts_x[:, None, :]).sum(-1)
    row = (down[None, :, None] >= cuts_y[:, None, :]).sum(-1)
    cell = (row[:, :, None] * g + col[:, None, :]).view(b, -1)

    def spread(value: Tensor) -> Tensor:
        return value.gather(1, cell).view(b, high, wide)

    u = spread(xx) * across[None, None, :] + spread(xy) * down[None, :, None] + spread(ox)
    v = spread(yx) * across[None, None, :] + spread(yy) * down[None, :, None] + spread(oy)
    width, height, mip = spread(sizes[..., 0]), spread(sizes[..., 1]), spread(level)
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    inside &= (down[None, :, None] >= frame_y[:, :1, None]) & (down[None, :, None] < frame_y[:, 1:, None])
    u = torch.minimum(u * mip, width * mip - 0.5).clamp_(min=0.5) + col[:, None, :] * canvas
    v = torch.minimum(v * mip, height * mip - 0.5).clamp_(min=0.5) + row[:, :, None] * canvas
    place = torch.stack((u, v), -1).mul_(2 / (g * canvas)).sub_(1)
    images = F.grid_sample(atlas, place, mode="bilinear", padding_mode="border", align_corners=False).mul_(1 / 255)
    fill = torch.where(torch.rand(b, 1, 1, 1, device=dev) < 0.25, torch.rand(b, 3, 1, 1, device=dev), torch.full((), PAD, device=dev))
    images = torch.where(inside[:, None], images, fill)

    # labels: a head is about as wide turned as upright, so turning moves the centre and keeps the size
    boxes, valid = bank.labels[index], bank.valid[index]  # [B, C, M, 5]
    dx = (boxes[..., 1] - sizes[..., None, 0] / 2) * mirror[..., None] * sx[..., None]
    dy = (boxes[..., 2] - sizes[..., None, 1] / 2) * sy[..., None]
    px = cos[..., None] * dx - sin[..., None] * dy + mid_x[..., None]
    py = sin[..., None] * dx + cos[..., None] * dy + mid_y[..., None]
    bw, bh = boxes[..., 3] * sx[..., None], boxes[..., 4] * sy[..., None]
    lx = torch.maximum(px - bw / 2, x0[..., None])
    rx = torch.minimum(px + bw / 2, x1[..., None])
    ty = torch.maximum(py - bh / 2, y0[..., None])
    by = torch.minimum(py + bh / 2, y1[..., None])
    vw, vh = (rx - lx).clamp(min=0), (by - ty).clamp(min=0)
    valid = valid & (vw * vh > MIN_VISIBLE * bw * bh) & (vw > MIN_BOX_PX) & (vh > MIN_BOX_PX)
    out = torch.stack((boxes[..., 0], (lx + rx) / 2, (ty + by) / 2, vw, vh), -1)
    return images, out.view(b, -1, 5), valid.view(b, -1)


class Heads:
    """The labelled heads that are large enough in their source to be enlarged, to be drawn by the weight of their class."""

    def __init__(self, bank: PictureBank, weights: Tensor, class_weights: tuple[float, ...] = (1.0, 3.0)):
        big = bank.valid & (bank.labels[..., 3] >= SMALLEST_SOURCE_PX)
        self.picture, self.label = big.nonzero(as_tuple=True)
        row = bank.labels[self.picture, self.label]
        share = torch.tensor(class_weights, device=row.device)[row[:, 0].long()]
        self.weights = share * row[:, 3].clamp(max=200) * (weights[self.picture] > 0)  # sharp ones more often

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        pick = torch.multinomial(self.weights, count, replacement=True)
        return self.picture[pick], self.label[pick]


def paste(bank: PictureBank, images: Tensor, boxes: Tensor, valid: Tensor, picture: Tensor, label: Tensor):
    """Puts one head into each of `images` [K, 3, H, W] through a soft ellipse, and its box in the last place of `boxes`."""
    k, _, high, wide = images.shape
    dev = images.device
    source = bank.labels[picture, label]  # [K, 5]
    width = torch.minimum(log_uniform((k,), *PASTE_PX, dev), source[:, 3] * LARGEST_ENLARGEMENT)
    aspect = log_uniform((k,), 0.85, 1.18, dev)
    sx, sy = width / source[:, 3] * aspect.sqrt(), width / source[:, 3] / aspect.sqrt()
    mirror = torch.where(torch.rand(k, device=dev) < 0.5, -1.0, 1.0)
    x, y = uniform((k,), 0.05, 0.95, dev) * wide, uniform((k,), 0.05, 0.95, dev) * high
    dx = (torch.arange(wide, device=dev) + 0.5)[None, :] - x[:, None]
    dy = (torch.arange(high, device=dev) + 0.5)[None, :] - y[:, None]
    u = source[:, 1, None] + dx / sx[:, None] * mirror[:, None]
    v = source[:, 2, None] + dy / sy[:, None]
    place = torch.stack((u[:, None, :].expand(-1, high, -1), v[:, :, None].expand(-1, -1, wide)), -1) * (2 / bank.canvas) - 1
    head = F.grid_sample(bank.pictures[picture].float(), place, mode="bilinear", padding_mode="border", align_corners=False) / 255
    bw, bh = source[:, 3] * sx, source[:, 4] * sy
    reach = uniform((k, 1, 1), 0.58, 0.85, dev)
    far = torch.sqrt((dx[:, None, :] / bw[:, None, None]) ** 2 + (dy[:, :, None] / bh[:, None, None]) ** 2) / reach
    size = bank.sizes[picture]
    known = ((u >= 0) & (u < size[:, :1]))[:, None, :] & ((v >= 0) & (v < size[:, 1:]))[:, :, None]
    mask = (((1 - far) / 0.18 + 0.5).clamp(0, 1) * known)[:, None]
    images = images + (head - images) * mask

    covered = torch.minimum(boxes[..., 1] + boxes[..., 3] / 2, (x + bw / 2)[:, None]) - torch.maximum(boxes[..., 1] - boxes[..., 3] / 2, (x - bw / 2)[:, None])
    below = torch.minimum(boxes[..., 2] + boxes[..., 4] / 2, (y + bh / 2)[:, None]) - torch.maximum(boxes[..., 2] - boxes[..., 4] / 2, (y - bh / 2)[:, None])
    hidden = covered.clamp(min=0) * below.clamp(min=0) > 0.5 * boxes[..., 3] * boxes[..., 4]
    lx, rx, ty, by = (x - bw / 2).clamp(min=0), (x + bw / 2).clamp(max=wide), (y - bh / 2).clamp(min=0), (y + bh / 2).clamp(max=high)
    box = torch.stack((source[:, 0], (lx + rx) / 2, (ty + by) / 2, rx - lx, by - ty), -1)
    boxes = torch.cat((boxes, box[:, None]), 1)
    return images, boxes, torch.cat((valid & ~hidden, torch.ones(k, 1, dtype=torch.bool, device=dev)), 1)


# ---- colour and camera ------------------------------------------------------------------------------------------------

_LUMA = (0.299, 0.587, 0.114)


def colour(images: Tensor) -> Tensor:
    """Brightness, contrast, saturation, hue and gamma, drawn per picture; one picture in ten loses its colour."""
    b, dev = len(images), images.device
    to_yiq = torch.tensor([_LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)], device=dev)
    hue = torch.randn(b, device=dev) * 0.12
    saturation = log_uniform((b,), 0.5, 1.7, dev)
    saturation = torch.where(torch.rand(b, device=dev) < 0.1, torch.zeros((), device=dev), saturation)
    c, s = torch.cos(hue) * saturation, torch.sin(hue) * saturation
    zero, one = torch.zeros_like(c), torch.ones_like(c)
    chroma = torch.stack((one, zero, zero, zero, c, -s, zero, s, c), -1).view(b, 3, 3)
    from_yiq = torch.tensor([(1.0, 0.956, 0.619), (1.0, -0.272, -0.647), (1.0, -1.106, 1.703)], device=dev)
    matrix = from_yiq @ chroma @ to_yiq
    tint = 1 + torch.randn(b, 3, 1, device=dev) * 0.04
    gain = log_uniform((b, 1, 1), 0.65, 1.45, dev)
    matrix = matrix * gain * tint
    mean = images.mean((1, 2, 3))
    contrast = log_uniform((b,), 0.75, 1.3, dev)
    shift = (mean * (1 - contrast) + torch.randn(b, device=dev) * 0.03)[:, None, None, None]
    flat = torch.baddbmm(shift.view(b, 1, 1), matrix * contrast[:, None, None], images.view(b, 3, -1)).view_as(images)
    gamma = log_uniform((b, 1, 1, 1), 0.7, 1.5, dev)
    return flat.clamp_(0, 1).add_(1e-4).pow_(gamma).clamp_(0, 1)


def fewer_pixels(images: Tensor, factor: float) -> Tensor:
    """Down and up again: what a distant or badly encoded camera leaves."""
    small = F.interpolate(images, scale_factor=factor, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(small, size=images.shape[-2:], mode="bilinear", align_corners=False)


def blur(images: Tensor) -> Tensor:
    """Gaussian or motion blur, width and direction drawn per picture."""
    b, dev, reach = len(images), images.device, 4
    span = torch.arange(-reach, reach + 1, device=dev).float()
    yy, xx = torch.meshgrid(span, span, indexing="ij")
    angle = uniform((b, 1, 1), 0, math.pi, dev)
    along = xx * torch.cos(angle) + yy * torch.sin(angle)
    across = yy * torch.cos(angle) - xx * torch.sin(angle)
    narrow = uniform((b, 1, 1), 0.35, 1.2, dev)
    wide = torch.where(torch.rand(b, 1, 1, device=dev) < 0.4, uniform((b, 1, 1), 1.0, 3.0, dev), narrow)
    kernel = torch.exp(-0.5 * ((along / wide) ** 2 + (across / narrow) ** 2))
    kernel = (kernel / kernel.sum((1, 2), keepdim=True)).repeat_interleave(3, 0)[:, None]
    return F.conv2d(images.reshape(1, -1, *images.shape[-2:]), kernel, padding=reach, groups=3 * b).view_as(images)


_JPEG_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87,
    80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92,
    95, 98, 112, 100, 103, 99,
)  # fmt: skip


def jpeg(images: Tensor) -> Tensor:
    """The lossy half of JPEG (8x8 DCT, quantised, chroma at half size) at a quality drawn per picture."""
    b, dev = len(images), images.device
    k = torch.arange(8, device=dev).float()
    dct = torch.cos((2 * k[None, :] + 1) * k[:, None] * math.pi / 16) * 0.5
    dct[0] *= math.sqrt(0.5)
    quality = uniform((b,), 12, 60, dev)
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    table = torch.tensor(_JPEG_LUMA, device=dev).float().view(8, 8) / 255
    table = table * factor.view(b, 1, 1, 1, 1, 1)
    y = (images * torch.tensor(_LUMA, device=dev).view(1, 3, 1, 1)).sum(1, keepdim=True)
    diff = images[:, 0::2] - y  # R - Y, B - Y
    diff = F.interpolate(F.avg_pool2d(diff, 2), scale_factor=2, mode="nearest")

    def quantise(plane: Tensor, steps: Tensor) -> Tensor:
        n, c, h, w = plane.shape
        blocks = plane.view(n, c, h // 8, 8, w // 8, 8).permute(0, 1, 2, 4, 3, 5)
        coded = torch.round((dct @ blocks @ dct.t()) / steps) * steps
        return (dct.t() @ coded @ dct).permute(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)

    y, diff = quantise(y, table), quantise(diff, table * 1.6)
    red, blue = y + diff[:, :1], y + diff[:, 1:]
    green = (y - _LUMA[0] * red - _LUMA[2] * blue) / _LUMA[1]
    return torch.cat((red, green, blue), 1)


def veil(images: Tensor) -> Tensor:
    """Fog, haze or glare: light of one colour over the picture, thinner towards its foot, where a camera sees what is near (Koschmieder 1924)."""
    b, dev, high = len(images), images.device, images.shape[2]
    top = log_uniform((b, 1, 1, 1), *VEIL_LEAVES, dev)
    foot = (top * uniform((b, 1, 1, 1), 1.0, 2.5, dev)).clamp(max=1)
    kept = top + (foot - top) * ((torch.arange(high, device=dev) + 0.5) / high).view(1, 1, high, 1)
    light = uniform((b, 1, 1, 1), 0.3, 0.95, dev) + torch.randn(b, 3, 1, 1, device=dev) * 0.02
    return light + (images - light) * kept


def noise(images: Tensor) -> Tensor:
    b, dev = len(images), images.device
    strength = uniform((b, 1, 1, 1), 0.01, 0.07, dev)
    grain = torch.randn(images.shape, device=dev)
    return images + grain * strength


def camera(images: Tensor) -> Tensor:
    """Applies each fault to a random share of the batch. The batch must be in random order of content."""
    b = len(images)

    def share(p: float) -> Tensor:
        return torch.randperm(b, device=images.device)[: max(1, round(p * b))]

    if b >= 8:
        pick = share(0.08)
        images[pick] = veil(images[pick])
        for factor in (0.35, 0.5, 0.7):
            pick = share(0.05)
            images[pick] = fewer_pixels(images[pick], factor)
        pick = share(0.15)
        images[pick] = blur(images[pick])
        pick = share(0.12)
        images[pick] = noise(images[pick])
        pick = share(0.2)
        images[pick] = jpeg(images[pick])
    return images.clamp_(0, 1)


class Augmenter:
    """Draws batches: `mix` gives for each kind of picture its share of the batch."""

    OPEN = (("mosaic4", 0.37), ("mosaic9", 0.11), ("zoom", 0.04), ("portrait", 0.14), ("large", 0.12), ("single", 0.22))
    CLOSING = (("mosaic4", 0.11), ("mosaic9", 0.04), ("zoom", 0.03), ("portrait", 0.12), ("large", 0.10), ("single", 0.60))
    PASTED = 0.12  # share of the pictures into which a head is pasted
    KINDS = {  # grid, scale range relative to the letterbox, share shown exactly as the letterbox shows it
        "mosaic4": (2, (0.55, 1.40), 0.0),
        "mosaic9": (3, (0.30, 0.80), 0.0),
        "zoom": (1, (1.5, 3.0), 0.0),
        "portrait": (1, (1.0, 1.0), 0.0),
        "large": (1, (0.65, 1.3), 0.25),  # a picture with a large head as a whole: mosaics cut such heads to pieces
        "single": (1, (0.60, 1.35), 0.25),
    }

    def __init__(self, bank: PictureBank, weights: Tensor):
        self.bank, self.weights = bank, weights.to(bank.pictures.device)
        self.heads = Heads(bank, self.weights)
        width = (bank.labels[..., 3] * bank.valid).amax(1) * (640 / bank.sizes.amax(1))
        large = self.weights * (width > LARGE_PX)
        self.large = large if large.sum() > 0 else self.weights

    def draw(self, batch: int, closing: bool = False, shape: tuple[int, int] = (640, 640)):
        """Images [B, 3, *shape] and targets [T, 6]: picture in batch, class, centre x, y, width, height."""
        images, targets, start = [], [], 0
        mix = self.CLOSING if closing else self.OPEN
        counts = [max(1, round(share * batch)) for _, share in mix]
        counts[-1] += batch - sum(counts)
        for (kind, _), count in zip(mix, counts):
            grid, scales, plain = self.KINDS[kind]
            focus = None
            if kind == "portrait":
                picture, focus = self.heads.draw(count)
                index = picture[:, None]
            else:
                weights = self.large if kind == "large" else self.weights
                index = torch.multinomial(weights, count * grid * grid, replacement=True).view(count, -1)
            pictures, boxes, valid = compose(self.bank, index, grid, scales, plain, shape, focus)
            some = round(self.PASTED * count)
            if some and kind not in ("portrait", "large"):
                pasted = paste(self.bank, pictures[:some], boxes[:some], valid[:some], *self.heads.draw(some))
                pictures = torch.cat((pasted[0], pictures[some:]))
                boxes, valid = F.pad(boxes, (0, 0, 0, 1)), F.pad(valid, (0, 1))
                boxes, valid = torch.cat((pasted[1], boxes[some:])), torch.cat((pasted[2], valid[some:]))
            images.append(pictures)
            which = torch.arange(start, start + count, device=boxes.device).view(-1, 1, 1).expand(-1, boxes.shape[1], 1)
            targets.append(torch.cat((which.float(), boxes), -1)[valid])
            start += count
        return camera(colour(torch.cat(images))), torch.cat(targets)
