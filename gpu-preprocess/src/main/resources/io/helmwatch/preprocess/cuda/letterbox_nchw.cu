// Decoded frames to the normalised planes of a network's input, one launch for a whole batch.
//
// A frame's samples are read where the decoder left them; one that is stored turned is stood upright by where its samples are taken from. Luma and chroma are sampled by two-tap bilinear interpolation with half-pixel
// centres (OpenCV's INTER_LINEAR, no widening when shrinking), converted to RGB in FP32, clipped to 0..1 and written as planes; what the
// picture does not cover gets the padding. Nothing is rounded in between.
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

__device__ __forceinline__ float lerp2(float a, float b, float c, float d, float wx, float wy) {
    float top = a + (b - a) * wx;
    float bottom = c + (d - c) * wx;
    return top + (bottom - top) * wy;
}

template <typename S>
__device__ __forceinline__ float sample(u64 plane, int stride, Taps x, Taps y, int step, int offset) {
    const S *top = reinterpret_cast<const S *>(plane + (u64) y.low * stride) + offset;
    const S *bottom = reinterpret_cast<const S *>(plane + (u64) y.high * stride) + offset;
    return lerp2(
        __ldg(top + x.low * step),
        __ldg(top + x.high * step),
        __ldg(bottom + x.low * step),
        __ldg(bottom + x.high * step),
        x.weight,
        y.weight);
}

struct Rgb {
    float r, g, b;
};

template <typename S>
__device__ __forceinline__ Rgb yuv(const Frame &f, float sx, float sy) {
    Taps x = taps(sx, f.width), y = taps(sy, f.height);
    float luma = sample<S>(f.plane[0], f.stride[0], x, y, 1, 0) * f.lumaGain + f.lumaOffset;
    if (f.layout == LAYOUT_GRAY) {
        return Rgb{luma, luma, luma};
    }
    Taps cx = taps(sx * f.chromaScaleX + f.chromaOffsetX, f.chromaWidth);
    Taps cy = taps(sy * f.chromaScaleY + f.chromaOffsetY, f.chromaHeight);
    float cb, cr;
    if (f.layout == LAYOUT_SEMI_PLANAR) {
        cb = sample<S>(f.plane[1], f.stride[1], cx, cy, 2, 0);
        cr = sample<S>(f.plane[1], f.stride[1], cx, cy, 2, 1);
    } else {
        cb = sample<S>(f.plane[1], f.stride[1], cx, cy, 1, 0);
        cr = sample<S>(f.plane[2], f.stride[2], cx, cy, 1, 0);
    }
    cb = cb * f.chromaGain + f.chromaOffset;
    cr = cr * f.chromaGain + f.chromaOffset;
    return Rgb{luma + f.redCr * cr, luma + f.greenCb * cb + f.greenCr * cr, luma + f.blueCb * cb};
}

__device__ __forceinline__ Rgb packed(const Frame &f, float sx, float sy) {
    Taps x = taps(sx, f.width), y = taps(sy, f.height);
    const float scale = 1.0f / 255.0f;
    return Rgb{
        sample<u8>(f.plane[0], f.stride[0], x, y, 3, f.redOffset) * scale,
        sample<u8>(f.plane[0], f.stride[0], x, y, 3, 1) * scale,
        sample<u8>(f.plane[0], f.stride[0], x, y, 3, f.blueOffset) * scale};
}

// Four neighbours of a row of one plane.
__device__ __forceinline__ void store(u64 output, u64 element, const float *v, int count, bool together) {
#ifdef OUT_HALF
    u16 h[4];
    for (int i = 0; i < 4; i++) {
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h[i]) : "f"(v[i]));
    }
    u16 *p = reinterpret_cast<u16 *>(output) + element;
    if (together) {
        *reinterpret_cast<uint2 *>(p) = make_uint2(h[0] | (u32) h[1] << 16, h[2] | (u32) h[3] << 16);
        return;
    }
    for (int i = 0; i < count; i++) {
        p[i] = h[i];
    }
#else
    float *p = reinterpret_cast<float *>(output) + element;
    if (together) {
        *reinterpret_cast<float4 *>(p) = make_float4(v[0], v[1], v[2], v[3]);
        return;
    }
    for (int i = 0; i < count; i++) {
        p[i] = v[i];
    }
#endif
}

// Grid: x over groups of four columns, y over rows, z over the pictures.
extern "C" __global__ void __launch_bounds__(256)
    letterbox_nchw(const Frame *frames, u64 output, int width, int height, float padding) {
    __shared__ Frame f;
    int lane = threadIdx.y * blockDim.x + threadIdx.x;
    if (lane < sizeof(Frame) / 4) {
        reinterpret_cast<u32 *>(&f)[lane] = reinterpret_cast<const u32 *>(frames + blockIdx.z)[lane];
    }
    __syncthreads();
    int x = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) {
        return;
    }
    float r[4], g[4], b[4];
    int py = y - f.padTop;
    bool rowInside = py >= 0 && py < f.scaledHeight;
    float uy = (py + 0.5f) * f.ratioY - 0.5f;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int px = x + i - f.padLeft;
        if (rowInside && px >= 0 && px < f.scaledWidth) {
            float ux = (px + 0.5f) * f.ratioX - 0.5f;
            float sx = ux * f.turnXx + uy * f.turnXy + f.turnX;
            float sy = ux * f.turnYx + uy * f.turnYy + f.turnY;
            Rgb c = f.layout == LAYOUT_PACKED ? packed(f, sx, sy) : f.wide ? yuv<u16>(f, sx, sy) : yuv<u8>(f, sx, sy);
            r[i] = __saturatef(c.r);
            g[i] = __saturatef(c.g);
            b[i] = __saturatef(c.b);
        } else {
            r[i] = g[i] = b[i] = padding;
        }
    }
    u64 plane = (u64) width * height;
    u64 element = (u64) f.index * 3 * plane + (u64) y * width + x;
    int count = min(4, width - x);
    bool together = (width & 3) == 0 && (plane & 3) == 0;
    store(output, element, r, count, together);
    store(output, element + plane, g, count, together);
    store(output, element + 2 * plane, b, count, together);
}
