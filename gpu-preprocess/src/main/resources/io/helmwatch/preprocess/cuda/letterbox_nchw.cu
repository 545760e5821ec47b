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

// The two rows of a plane that an output row lies between. A row without weight is not fetched: the other is read twice, from the cache.
// For 640 columns of 1080p that spares a third of the luma.
struct Rows {
    u64 top, bottom;
    float weight; // of bottom
};

__device__ __forceinline__ Rows rows(u64 plane, int stride, float position, int limit) {
    Taps y = taps(position, limit);
    return Rows{plane + (u64) y.low * stride, plane + (u64) (y.weight == 0 ? y.low : y.high) * stride, y.weight};
}

template <typename S>
__device__ __forceinline__ float across(u64 row, Taps x, int step, int offset) {
    const S *samples = reinterpret_cast<const S *>(row) + offset;
    return mix(__ldg(samples + x.low * step), __ldg(samples + x.high * step), x.weight);
}

template <typename S>
__device__ __forceinline__ float sample(Rows y, Taps x, int step, int offset) {
    return mix(across<S>(y.top, x, step, offset), across<S>(y.bottom, x, step, offset), y.weight);
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
    return mix(pairs_across<S>(y.top, x), pairs_across<S>(y.bottom, x), y.weight);
}

struct Rgb {
    float r, g, b;
};

// Columns that one thread writes: pairs, so that a warp reads and writes neighbouring bytes, COLUMNS / 2 of them.
#define COLUMNS 4
#define WARP 32

__device__ __forceinline__ int column(int i) {
    return i / 2 * (2 * WARP) + i % 2;
}

// One output row's part of a thread: pixel(ux) for every column, ux being the upright picture's column. Beside the picture the nearest
// samples are read and not used: without branches between them the loads of all columns are under way together, and waiting for memory is
// what takes the time.
template <typename F>
__device__ __forceinline__ void columns(const Frame &f, int x, float padding, Rgb *out, F pixel) {
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        int px = x + column(i) - f.padLeft;
        Rgb c = pixel((px + 0.5f) * f.ratioX - 0.5f);
        bool covered = px >= 0 && px < f.scaledWidth;
        out[i].r = covered ? __saturatef(c.r) : padding;
        out[i].g = covered ? __saturatef(c.g) : padding;
        out[i].b = covered ? __saturatef(c.b) : padding;
    }
}

__device__ __forceinline__ Rgb rgb(const Frame &f, float luma, Chroma c) {
    luma = luma * f.lumaGain + f.lumaOffset;
    float cb = c.cb * f.chromaGain + f.chromaOffset;
    float cr = c.cr * f.chromaGain + f.chromaOffset;
    return Rgb{luma + f.redCr * cr, luma + f.greenCb * cb + f.greenCr * cr, luma + f.blueCb * cb};
}

template <typename S>
__device__ __forceinline__ void yuv(const Frame &f, int x, float sy, float padding, Rgb *out) {
    Rows y = rows(f.plane[0], f.stride[0], sy, f.height);
    if (f.layout == LAYOUT_GRAY) {
        columns(f, x, padding, out, [&](float sx) {
            float luma = sample<S>(y, taps(sx, f.width), 1, 0) * f.lumaGain + f.lumaOffset;
            return Rgb{luma, luma, luma};
        });
        return;
    }
    float chromaY = sy * f.chromaScaleY + f.chromaOffsetY;
    Rows first = rows(f.plane[1], f.stride[1], chromaY, f.chromaHeight);
    if (f.layout == LAYOUT_SEMI_PLANAR && ((f.plane[1] | f.stride[1]) & (2 * sizeof(S) - 1)) == 0) {
        columns(f, x, padding, out, [&](float sx) {
            Taps cx = taps(sx * f.chromaScaleX + f.chromaOffsetX, f.chromaWidth);
            return rgb(f, sample<S>(y, taps(sx, f.width), 1, 0), sample_pair<S>(first, cx));
        });
        return;
    }
    // Planes of their own, or pairs at an odd address.
    bool planar = f.layout == LAYOUT_PLANAR;
    Rows second = planar ? rows(f.plane[2], f.stride[2], chromaY, f.chromaHeight) : first;
    int step = planar ? 1 : 2;
    columns(f, x, padding, out, [&](float sx) {
        Taps cx = taps(sx * f.chromaScaleX + f.chromaOffsetX, f.chromaWidth);
        Chroma c = {sample<S>(first, cx, step, 0), sample<S>(second, cx, step, planar ? 0 : 1)};
        return rgb(f, sample<S>(y, taps(sx, f.width), 1, 0), c);
    });
}

__device__ __forceinline__ void packed(const Frame &f, int x, float sy, float padding, Rgb *out) {
    Rows y = rows(f.plane[0], f.stride[0], sy, f.height);
    columns(f, x, padding, out, [&](float sx) {
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

// Two neighbours of a row of one plane.
__device__ __forceinline__ void store(u64 output, u64 element, float first, float second, bool together, bool both) {
#ifdef OUT_HALF
    u16 a, b;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(a) : "f"(first));
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(b) : "f"(second));
    u16 *p = reinterpret_cast<u16 *>(output) + element;
    if (together) {
        *reinterpret_cast<u32 *>(p) = a | (u32) b << 16;
        return;
    }
#else
    float a = first, b = second;
    float *p = reinterpret_cast<float *>(output) + element;
    if (together) {
        *reinterpret_cast<float2 *>(p) = make_float2(a, b);
        return;
    }
#endif
    p[0] = a;
    if (both) {
        p[1] = b;
    }
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
    int x = blockIdx.x * (COLUMNS * WARP) + 2 * threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) {
        return;
    }
    Rgb out[COLUMNS];
    int py = y - f.padTop;
    float uy = (py + 0.5f) * f.ratioY - 0.5f;
    bool upright = f.turnXx == 1 && f.turnXy == 0 && f.turnX == 0 && f.turnYx == 0 && f.turnYy == 1 && f.turnY == 0;
    if (py < 0 || py >= f.scaledHeight) {
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) {
            out[i] = Rgb{padding, padding, padding};
        }
    } else if (!upright) {
        columns(f, x, padding, out, [&](float ux) {
            float sx = ux * f.turnXx + uy * f.turnXy + f.turnX;
            float sy = ux * f.turnYx + uy * f.turnYy + f.turnY;
            return f.wide ? turned<u16>(f, sx, sy) : turned<u8>(f, sx, sy);
        });
    } else if (f.layout == LAYOUT_PACKED) {
        packed(f, x, uy, padding, out);
    } else if (f.wide) {
        yuv<u16>(f, x, uy, padding, out);
    } else {
        yuv<u8>(f, x, uy, padding, out);
    }
    u64 plane = (u64) width * height;
    u64 element = (u64) f.index * 3 * plane + (u64) y * width + x;
    bool together = (width & 1) == 0;
#pragma unroll
    for (int i = 0; i < COLUMNS; i += 2) {
        int at = x + column(i);
        if (at < width) {
            u64 first = element + column(i);
            bool both = at + 1 < width;
            store(output, first, out[i].r, out[i + 1].r, together, both);
            store(output, first + plane, out[i].g, out[i + 1].g, together, both);
            store(output, first + 2 * plane, out[i].b, out[i + 1].b, together, both);
        }
    }
}
