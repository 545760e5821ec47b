// Decoded frames to the normalised planes of a network's input, one launch for a whole batch.
//
// A frame's samples are read where the decoder left them; one that is stored turned is stood upright by where its samples are taken
// from. Luma and chroma are sampled by two-tap bilinear interpolation with half-pixel centres (OpenCV's INTER_LINEAR, no widening when
// shrinking), converted to RGB in FP32, clipped to 0..1 and written as planes; what the picture does not cover gets the padding.
// Nothing is rounded in between.
//
// Compiled with OUT_HALF (FP16 output) or without (FP32 output). Needs no header, so that any NVRTC compiles it.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// One picture of the batch. LetterboxFrame in Java writes the same layout.
struct Frame {
    u64 plane[3];       // addresses; NV12 and P010 use two, packed formats one
    int stride[3];      // bytes from row to row
    int width, height;  // luma samples as stored
    int chromaWidth, chromaHeight;
    int layout;         // LAYOUT_*
    int wide;           // 16-bit samples
    int scaledWidth, scaledHeight, padLeft, padTop;
    float ratioX, ratioY;              // upright luma samples per output pixel
    float chromaScaleX, chromaOffsetX; // chroma position = luma position * scale + offset
    float chromaScaleY, chromaOffsetY;
    float lumaGain, lumaOffset;        // sample * gain + offset = luma 0..1
    float chromaGain, chromaOffset;    // sample * gain + offset = chroma -0.5..0.5
    float redCr, greenCb, greenCr, blueCb;
    int redOffset, blueOffset;         // bytes of a packed pixel
    int index;                         // the picture's place in the batch
    float turnXx, turnXy, turnX;       // stored column = upright column * Xx + upright row * Xy + X
    float turnYx, turnYy, turnY;       // stored row, likewise
};

#define LAYOUT_SEMI_PLANAR 0
#define LAYOUT_PLANAR 1
#define LAYOUT_GRAY 2
#define LAYOUT_PACKED 3

struct Taps {
    int low, high;
    float weight; // of high
};

__device__ __forceinline__ Taps taps(float position, int limit) {
    float floored = floorf(position);
    Taps t;
    t.weight = position - floored;
    int low = (int) floored;
    t.low = min(max(low, 0), limit - 1);
    t.high = min(max(low + 1, 0), limit - 1);
    return t;
}

__device__ __forceinline__ float mix(float a, float b, float weight) {
    return a + (b - a) * weight;
}

// The two rows of a plane that an output row lies between. All threads of a warp share it, so that what depends on it does not diverge.
struct Rows {
    u64 top, bottom;
    float weight; // of bottom; a row without weight is not read, which spares every third row of 1080p for 640 columns
};

__device__ __forceinline__ Rows rows(u64 plane, int stride, float position, int limit) {
    Taps y = taps(position, limit);
    return Rows{plane + (u64) y.low * stride, plane + (u64) y.high * stride, y.weight};
}

template <typename S>
__device__ __forceinline__ float across(u64 row, Taps x, int step, int offset) {
    const S *samples = reinterpret_cast<const S *>(row) + offset;
    return mix(__ldg(samples + x.low * step), __ldg(samples + x.high * step), x.weight);
}

template <typename S>
__device__ __forceinline__ float sample(Rows y, Taps x, int step, int offset) {
    float top = across<S>(y.top, x, step, offset);
    return y.weight == 0 ? top : mix(top, across<S>(y.bottom, x, step, offset), y.weight);
}

struct Chroma {
    float cb, cr;
};

__device__ __forceinline__ Chroma mix(Chroma a, Chroma b, float weight) {
    return Chroma{mix(a.cb, b.cb, weight), mix(a.cr, b.cr, weight)};
}

// Both samples of a pair in one load; their address is a multiple of their size.
__device__ __forceinline__ Chroma pair(const u8 *first) {
    u32 both = __ldg(reinterpret_cast<const u16 *>(first));
    return Chroma{(float) (both & 0xff), (float) (both >> 8)};
}

__device__ __forceinline__ Chroma pair(const u16 *first) {
    u32 both = __ldg(reinterpret_cast<const u32 *>(first));
    return Chroma{(float) (both & 0xffff), (float) (both >> 16)};
}

template <typename S>
__device__ __forceinline__ Chroma pairs_across(u64 row, Taps x) {
    const S *samples = reinterpret_cast<const S *>(row);
    return mix(pair(samples + 2 * x.low), pair(samples + 2 * x.high), x.weight);
}

template <typename S>
__device__ __forceinline__ Chroma sample_pair(Rows y, Taps x) {
    Chroma top = pairs_across<S>(y.top, x);
    return y.weight == 0 ? top : mix(top, pairs_across<S>(y.bottom, x), y.weight);
}

struct Rgb {
    float r, g, b;
};

// Columns that one thread writes, a warp's width apart: neighbours of a warp then read and write neighbouring bytes.
#define COLUMNS 4
#define WARP 32

// One output row's part of a thread: pixel(ux) for the columns inside the picture, ux being the upright picture's column; the others get
// the padding.
template <typename F>
__device__ __forceinline__ void columns(const Frame &f, int x, bool rowInside, float padding, Rgb *out, F pixel) {
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        int px = x + i * WARP - f.padLeft;
        if (rowInside && px >= 0 && px < f.scaledWidth) {
            Rgb c = pixel((px + 0.5f) * f.ratioX - 0.5f);
            out[i] = Rgb{__saturatef(c.r), __saturatef(c.g), __saturatef(c.b)};
        } else {
            out[i] = Rgb{padding, padding, padding};
        }
    }
}

__device__ __forceinline__ Rgb rgb(const Frame &f, float luma, Chroma c) {
    luma = luma * f.lumaGain + f.lumaOffset;
    float cb = c.cb * f.chromaGain + f.chromaOffset;
    float cr = c.cr * f.chromaGain + f.chromaOffset;
    return Rgb{luma + f.redCr * cr, luma + f.greenCb * cb + f.greenCr * cr, luma + f.blueCb * cb};
}

template <typename S>
__device__ __forceinline__ void yuv(const Frame &f, int x, float sy, bool inside, float padding, Rgb *out) {
    Rows y = rows(f.plane[0], f.stride[0], sy, f.height);
    if (f.layout == LAYOUT_GRAY) {
        columns(f, x, inside, padding, out, [&](float sx) {
            float luma = sample<S>(y, taps(sx, f.width), 1, 0) * f.lumaGain + f.lumaOffset;
            return Rgb{luma, luma, luma};
        });
        return;
    }
    float chromaY = sy * f.chromaScaleY + f.chromaOffsetY;
    Rows first = rows(f.plane[1], f.stride[1], chromaY, f.chromaHeight);
    if (f.layout == LAYOUT_SEMI_PLANAR && ((f.plane[1] | f.stride[1]) & (2 * sizeof(S) - 1)) == 0) {
        columns(f, x, inside, padding, out, [&](float sx) {
            Taps cx = taps(sx * f.chromaScaleX + f.chromaOffsetX, f.chromaWidth);
            return rgb(f, sample<S>(y, taps(sx, f.width), 1, 0), sample_pair<S>(first, cx));
        });
        return;
    }
    // Planes of their own, or pairs at an odd address.
    bool planar = f.layout == LAYOUT_PLANAR;
    Rows second = planar ? rows(f.plane[2], f.stride[2], chromaY, f.chromaHeight) : first;
    int step = planar ? 1 : 2;
    columns(f, x, inside, padding, out, [&](float sx) {
        Taps cx = taps(sx * f.chromaScaleX + f.chromaOffsetX, f.chromaWidth);
        Chroma c = {sample<S>(first, cx, step, 0), sample<S>(second, cx, step, planar ? 0 : 1)};
        return rgb(f, sample<S>(y, taps(sx, f.width), 1, 0), c);
    });
}

__device__ __forceinline__ void packed(const Frame &f, int x, float sy, bool inside, float padding, Rgb *out) {
    Rows y = rows(f.plane[0], f.stride[0], sy, f.height);
    columns(f, x, inside, padding, out, [&](float sx) {
        Taps t = taps(sx, f.width);
        const float scale = 1.0f / 255.0f;
        return Rgb{
            sample<u8>(y, t, 3, f.redOffset) * scale,
            sample<u8>(y, t, 3, 1) * scale,
            sample<u8>(y, t, 3, f.blueOffset) * scale};
    });
}

// One pixel of a picture that is stored turned: its rows change from pixel to pixel.
template <typename S>
__device__ __forceinline__ Rgb turned(const Frame &f, float sx, float sy) {
    Rows y = rows(f.plane[0], f.stride[0], sy, f.height);
    Taps x = taps(sx, f.width);
    if (f.layout == LAYOUT_PACKED) {
        const float scale = 1.0f / 255.0f;
        return Rgb{
            sample<u8>(y, x, 3, f.redOffset) * scale,
            sample<u8>(y, x, 3, 1) * scale,
            sample<u8>(y, x, 3, f.blueOffset) * scale};
    }
    float luma = sample<S>(y, x, 1, 0);
    if (f.layout == LAYOUT_GRAY) {
        luma = luma * f.lumaGain + f.lumaOffset;
        return Rgb{luma, luma, luma};
    }
    float chromaY = sy * f.chromaScaleY + f.chromaOffsetY;
    bool planar = f.layout == LAYOUT_PLANAR;
    Rows first = rows(f.plane[1], f.stride[1], chromaY, f.chromaHeight);
    Rows second = planar ? rows(f.plane[2], f.stride[2], chromaY, f.chromaHeight) : first;
    Taps cx = taps(sx * f.chromaScaleX + f.chromaOffsetX, f.chromaWidth);
    int step = planar ? 1 : 2;
    return rgb(f, luma, Chroma{sample<S>(first, cx, step, 0), sample<S>(second, cx, step, planar ? 0 : 1)});
}

__device__ __forceinline__ void store(u64 output, u64 element, float value) {
#ifdef OUT_HALF
    u16 half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    reinterpret_cast<u16 *>(output)[element] = half;
#else
    reinterpret_cast<float *>(output)[element] = value;
#endif
}

// Grid: x over groups of COLUMNS * WARP columns, y over rows, z over the pictures. Block: a warp wide.
extern "C" __global__ void __launch_bounds__(256)
    letterbox_nchw(const Frame *frames, u64 output, int width, int height, float padding) {
    __shared__ Frame f;
    int lane = threadIdx.y * blockDim.x + threadIdx.x;
    if (lane < sizeof(Frame) / 4) {
        reinterpret_cast<u32 *>(&f)[lane] = reinterpret_cast<const u32 *>(frames + blockIdx.z)[lane];
    }
    __syncthreads();
    int x = blockIdx.x * (COLUMNS * WARP) + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) {
        return;
    }
    Rgb out[COLUMNS];
    int py = y - f.padTop;
    bool inside = py >= 0 && py < f.scaledHeight;
    float uy = (py + 0.5f) * f.ratioY - 0.5f;
    bool upright = f.turnXx == 1 && f.turnXy == 0 && f.turnX == 0 && f.turnYx == 0 && f.turnYy == 1 && f.turnY == 0;
    if (!upright) {
        columns(f, x, inside, padding, out, [&](float ux) {
            float sx = ux * f.turnXx + uy * f.turnXy + f.turnX;
            float sy = ux * f.turnYx + uy * f.turnYy + f.turnY;
            return f.wide ? turned<u16>(f, sx, sy) : turned<u8>(f, sx, sy);
        });
    } else if (f.layout == LAYOUT_PACKED) {
        packed(f, x, uy, inside, padding, out);
    } else if (f.wide) {
        yuv<u16>(f, x, uy, inside, padding, out);
    } else {
        yuv<u8>(f, x, uy, inside, padding, out);
    }
    u64 plane = (u64) width * height;
    u64 element = (u64) f.index * 3 * plane + (u64) y * width + x;
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        if (x + i * WARP < width) {
            store(output, element + i * WARP, out[i].r);
            store(output, element + i * WARP + plane, out[i].g);
            store(output, element + i * WARP + 2 * plane, out[i].b);
        }
    }
}
