// Letterbox from decoded frames to the normalised planes of a model's input, one launch per batch.
//
// Samples are read from the memory of the decoder; a rotated frame is made upright by the sample positions. Luma and chroma are sampled by
// two-tap bilinear interpolation with half-pixel centres (OpenCV's INTER_LINEAR, without antialiasing), converted to RGB in FP32, clamped
// to 0..1 and written as planes; the rest of the tensor is padding. No rounding in between.
//
// The kernel is bound by instructions and load latency more than by memory bandwidth. A block therefore computes the sample positions of
// its tile once; a thread then issues the loads of several rows together, without branches between them.
//
// Compiled with OUT_HALF (FP16 output) or without (FP32 output). Uses no headers, so any NVRTC can compile it.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// One frame of the batch. FrameDescriptor in Java writes the same layout.
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
    int index;                         // index of the frame in the batch
    float turnXx, turnXy, turnX;       // stored column = upright column * Xx + upright row * Xy + X
    float turnYx, turnYy, turnY;       // stored row, likewise
};

#define LAYOUT_SEMI_PLANAR 0
#define LAYOUT_PLANAR 1
#define LAYOUT_GRAY 2
#define LAYOUT_PACKED 3

// A block writes a tile: WARPS strips of ROWS rows, one per warp; a thread writes two adjacent columns.
#define WARP 32
#define WARPS 4
#define ROWS 4
#define BLOCKS 7 // per multiprocessor: limits the registers
#define TILE_COLUMNS (2 * WARP)
#define TILE_ROWS (WARPS * ROWS)

#ifdef OUT_HALF
typedef u16 Element;
typedef u32 Pair; // two adjacent samples of a row

__device__ __forceinline__ Pair pair_of(float first, float second) {
    Pair pair;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
    return pair;
}

__device__ __forceinline__ Element first_of(Pair pair) {
    return (Element) pair;
}

__device__ __forceinline__ Element second_of(Pair pair) {
    return (Element) (pair >> 16);
}
#else
typedef float Element;
typedef float2 Pair;

__device__ __forceinline__ Pair pair_of(float first, float second) {
    return make_float2(first, second);
}

__device__ __forceinline__ Element first_of(Pair pair) {
    return pair.x;
}

__device__ __forceinline__ Element second_of(Pair pair) {
    return pair.y;
}
#endif

// The two samples around an output column or row in one plane: their address offsets, and the weight of the second.
struct Taps {
    u32 low, high;
    float weight;
};

// The samples of an output column or row in all planes.
struct Place {
    Taps luma, cb, cr; // interleaved chroma uses cb
};

// N of them. Columns run along rows of samples, or down the columns of samples when width and height are swapped; rows the other way.
// Values of adjacent columns are adjacent, as a warp reads them.
template <int N>
struct __align__(16) Places {
    u32 lumaLow[N], lumaHigh[N], cbLow[N], cbHigh[N], crLow[N], crHigh[N];
    float lumaWeight[N], chromaWeight[N];

    __device__ __forceinline__ Place operator[](int i) const {
        return Place{
            {lumaLow[i], lumaHigh[i], lumaWeight[i]},
            {cbLow[i], cbHigh[i], chromaWeight[i]},
            {crLow[i], crHigh[i], chromaWeight[i]}};
    }

    // position: in luma samples, along a row of them if along, else down
    __device__ __forceinline__ void set(int i, const Frame &f, float position, bool along) {
        u32 sample = f.wide ? 2 : 1;
        Taps luma = taps(position, along ? f.width : f.height);
        u32 step = !along ? f.stride[0] : f.layout == LAYOUT_PACKED ? 3 : sample;
        lumaLow[i] = luma.low * step;
        lumaHigh[i] = luma.high * step;
        lumaWeight[i] = luma.weight;
        Taps chroma = along ? taps(position * f.chromaScaleX + f.chromaOffsetX, f.chromaWidth)
                            : taps(position * f.chromaScaleY + f.chromaOffsetY, f.chromaHeight);
        bool pairs = f.layout == LAYOUT_SEMI_PLANAR;
        u32 cbStep = !along ? f.stride[1] : pairs ? 2 * sample : sample;
        u32 crStep = along || pairs ? cbStep : f.stride[2];
        cbLow[i] = chroma.low * cbStep;
        cbHigh[i] = chroma.high * cbStep;
        crLow[i] = chroma.low * crStep;
        crHigh[i] = chroma.high * crStep;
        chromaWeight[i] = chroma.weight;
    }

    // In samples. A sample of weight 0 is not loaded: the other one is read twice, from the cache. For 640 columns of 1080p this saves two
    // of three luma rows.
    static __device__ __forceinline__ Taps taps(float position, int limit) {
        float floored = floorf(position);
        float weight = position - floored;
        int low = (int) floored;
        int first = min(max(low, 0), limit - 1);
        int second = min(max(low + 1, 0), limit - 1);
        return Taps{(u32) first, (u32) (weight == 0 ? first : second), weight};
    }
};

typedef Places<TILE_COLUMNS> Columns;
typedef Places<TILE_ROWS> Rows;

// Samples are converted to float by setting the lowest bits of 2^23, which is subtracted later: exact, and integer conversion has a
// quarter of the throughput of addition.
#define RAISE 0x4b000000u
#define RAISED 8388608.0f

template <typename S>
__device__ __forceinline__ float raised(u64 address) {
    return __uint_as_float(RAISE | __ldg(reinterpret_cast<const S *>(address)));
}

__device__ __forceinline__ float mix(float a, float b, float weight) {
    return a + (b - a) * weight;
}

__device__ __forceinline__ float mix_raised(float a, float b, float weight) {
    return (a - RAISED) + (b - a) * weight;
}

// Between is false if every column and row of the tile coincides with a sample.
template <typename S, bool Between>
__device__ __forceinline__ float sample(u64 plane, Taps row, Taps column) {
    u64 top = plane + row.low;
    float first = raised<S>(top + column.low);
    if (!Between) {
        return first - RAISED;
    }
    u64 bottom = plane + row.high;
    return mix(
        mix_raised(first, raised<S>(top + column.high), column.weight),
        mix_raised(raised<S>(bottom + column.low), raised<S>(bottom + column.high), column.weight),
        row.weight);
}

struct Chroma {
    float cb, cr;
};

__device__ __forceinline__ Chroma mix(Chroma a, Chroma b, float weight) {
    return Chroma{mix(a.cb, b.cb, weight), mix(a.cr, b.cr, weight)};
}

__device__ __forceinline__ Chroma mix_raised(Chroma a, Chroma b, float weight) {
    return Chroma{mix_raised(a.cb, b.cb, weight), mix_raised(a.cr, b.cr, weight)};
}

// Loads both samples of a pair at once; the address is aligned to their size. The second argument selects the type.
__device__ __forceinline__ Chroma raised_pair(u64 address, u8) {
    u32 both = __ldg(reinterpret_cast<const u16 *>(address));
    return Chroma{__uint_as_float(__byte_perm(both, RAISE, 0x7440)), __uint_as_float(__byte_perm(both, RAISE, 0x7441))};
}

__device__ __forceinline__ Chroma raised_pair(u64 address, u16) {
    u32 both = __ldg(reinterpret_cast<const u32 *>(address));
    return Chroma{__uint_as_float(__byte_perm(both, RAISE, 0x7410)), __uint_as_float(__byte_perm(both, RAISE, 0x7432))};
}

template <typename S, bool Between>
__device__ __forceinline__ Chroma sample_pair(u64 plane, Taps row, Taps column) {
    u64 top = plane + row.low;
    Chroma first = raised_pair(top + column.low, S());
    if (!Between) {
        return Chroma{first.cb - RAISED, first.cr - RAISED};
    }
    u64 bottom = plane + row.high;
    return mix(
        mix_raised(first, raised_pair(top + column.high, S()), column.weight),
        mix_raised(raised_pair(bottom + column.low, S()), raised_pair(bottom + column.high, S()), column.weight),
        row.weight);
}

struct Rgb {
    float r, g, b;
};

__device__ __forceinline__ Rgb rgb(const Frame &f, float luma, Chroma c) {
    luma = luma * f.lumaGain + f.lumaOffset;
    float cb = c.cb * f.chromaGain + f.chromaOffset;
    float cr = c.cr * f.chromaGain + f.chromaOffset;
    return Rgb{luma + f.redCr * cr, luma + f.greenCb * cb + f.greenCr * cr, luma + f.blueCb * cb};
}

// The rows of a warp and the two columns of a thread.
struct Strip {
    Element *output; // of the frame
    int x, y;        // of the first pixel
    int width, height;
};

// One row of a thread in one plane.
__device__ __forceinline__ void store(Strip s, Element *to, Pair pair) {
    if ((s.width & 1) == 0) {
        *reinterpret_cast<Pair *>(to) = pair;
        return;
    }
    to[0] = first_of(pair);
    if (s.x + 1 < s.width) {
        to[1] = second_of(pair);
    }
}

// Writes pixel(row, column) for every row and column of a thread, Batch rows at a time: their loads are issued together, so there must be
// no store and no branch in between. Outside the frame the nearest samples are used; pad() overwrites them.
template <int Batch, typename F>
__device__ __forceinline__ void pixels(const Rows &rows, const Columns &columns, Strip s, F pixel) {
    Place left = columns[2 * threadIdx.x], right = columns[2 * threadIdx.x + 1];
    u32 plane = s.width * s.height;
#pragma unroll 1
    for (int first = 0; first < ROWS; first += Batch) {
        Pair out[Batch][3];
#pragma unroll
        for (int i = 0; i < Batch; i++) {
            Place row = rows[threadIdx.y * ROWS + first + i];
            Rgb a = pixel(row, left), b = pixel(row, right);
            out[i][0] = pair_of(__saturatef(a.r), __saturatef(b.r));
            out[i][1] = pair_of(__saturatef(a.g), __saturatef(b.g));
            out[i][2] = pair_of(__saturatef(a.b), __saturatef(b.b));
        }
        if (s.x >= s.width) {
            continue;
        }
        Element *to = s.output + ((s.y + first) * s.width + s.x);
#pragma unroll
        for (int i = 0; i < Batch; i++) {
            if (s.y + first + i < s.height) {
#pragma unroll
                for (int k = 0; k < 3; k++) {
                    store(s, to + (i * s.width + k * plane), out[i][k]);
                }
            }
        }
    }
}

// As many loads per batch as the registers allow.
template <typename S, bool LumaBetween, bool ChromaBetween>
__device__ __forceinline__ void semi_planar(const Frame &f, const Rows &rows, const Columns &columns, Strip s) {
    pixels<LumaBetween && ChromaBetween ? 2 : ROWS>(rows, columns, s, [&](const Place &row, const Place &column) {
        return rgb(
            f,
            sample<S, LumaBetween>(f.plane[0], row.luma, column.luma),
            sample_pair<S, ChromaBetween>(f.plane[1], row.cb, column.cb));
    });
}

template <typename S>
__device__ __forceinline__ void yuv(
    const Frame &f, const Rows &rows, const Columns &columns, Strip s, bool lumaBetween, bool chromaBetween) {
    if (f.layout == LAYOUT_GRAY) {
        pixels<2>(rows, columns, s, [&](const Place &row, const Place &column) {
            float luma = sample<S, true>(f.plane[0], row.luma, column.luma) * f.lumaGain + f.lumaOffset;
            return Rgb{luma, luma, luma};
        });
    } else if (f.layout == LAYOUT_SEMI_PLANAR && ((f.plane[1] | f.stride[1]) & (2 * sizeof(S) - 1)) == 0) {
        if (!lumaBetween) {
            semi_planar<S, false, true>(f, rows, columns, s);
        } else if (!chromaBetween) {
            semi_planar<S, true, false>(f, rows, columns, s);
        } else {
            semi_planar<S, true, true>(f, rows, columns, s);
        }
    } else {
        // Separate planes, or pairs at an odd address.
        u64 second = f.layout == LAYOUT_PLANAR ? f.plane[2] : f.plane[1] + sizeof(S);
        pixels<1>(rows, columns, s, [&](const Place &row, const Place &column) {
            Chroma c = {sample<S, true>(f.plane[1], row.cb, column.cb), sample<S, true>(second, row.cr, column.cr)};
            return rgb(f, sample<S, true>(f.plane[0], row.luma, column.luma), c);
        });
    }
}

__device__ __forceinline__ void packed(const Frame &f, const Rows &rows, const Columns &columns, Strip s) {
    pixels<1>(rows, columns, s, [&](const Place &row, const Place &column) {
        const float scale = 1.0f / 255.0f;
        return Rgb{
            sample<u8, true>(f.plane[0] + f.redOffset, row.luma, column.luma) * scale,
            sample<u8, true>(f.plane[0] + 1, row.luma, column.luma) * scale,
            sample<u8, true>(f.plane[0] + f.blueOffset, row.luma, column.luma) * scale};
    });
}

// Writes the padding where the rows and columns of a thread are outside the frame.
__device__ __forceinline__ void pad(const Frame &f, Strip s, float padding) {
    if (s.x >= s.width) {
        return;
    }
    u32 plane = s.width * s.height;
    Pair pair = pair_of(padding, padding);
    bool left = s.x >= f.padLeft && s.x < f.padLeft + f.scaledWidth; // inside the frame
    bool right = s.x + 1 >= f.padLeft && s.x + 1 < f.padLeft + f.scaledWidth;
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        int y = s.y + i;
        if (y >= s.height) {
            return;
        }
        bool inside = y >= f.padTop && y < f.padTop + f.scaledHeight;
        Element *to = s.output + (y * s.width + s.x);
        if (!inside || !(left || right)) {
#pragma unroll
            for (int k = 0; k < 3; k++) {
                store(s, to + k * plane, pair);
            }
        } else if (left != right && s.x + left < s.width) {
#pragma unroll
            for (int k = 0; k < 3; k++) {
                to[k * plane + left] = first_of(pair);
            }
        }
    }
}

// Grid: x over tiles of columns, y over tiles of rows, z over the frames. Block: WARP by WARPS.
extern "C" __global__ void __launch_bounds__(WARP * WARPS, BLOCKS)
    letterbox_nchw(const Frame *frames, Element *output, int width, int height, float padding) {
    __shared__ Frame f;
    __shared__ Columns columns;
    __shared__ Rows rows;
    int thread = threadIdx.y * WARP + threadIdx.x;
    if (thread < sizeof(Frame) / 4) {
        reinterpret_cast<u32 *>(&f)[thread] = reinterpret_cast<const u32 *>(frames + blockIdx.z)[thread];
    }
    __syncthreads();
    int x = blockIdx.x * TILE_COLUMNS, y = blockIdx.y * TILE_ROWS;
    int right = f.padLeft + f.scaledWidth, bottom = f.padTop + f.scaledHeight;
    Strip s = {
        output + (u64) f.index * 3 * width * height,
        x + 2 * (int) threadIdx.x,
        y + ROWS * (int) threadIdx.y,
        width,
        height};
    if (x + TILE_COLUMNS <= f.padLeft || x >= right || y + TILE_ROWS <= f.padTop || y >= bottom) {
        pad(f, s, padding);
        return;
    }
    static_assert(TILE_COLUMNS + TILE_ROWS <= WARP * WARPS, "a thread for each column and row of a tile");
    bool onSide = f.turnXx == 0;
    bool lumaBetween = false, chromaBetween = false;
    if (thread < TILE_COLUMNS) {
        int px = min(max(x + thread - f.padLeft, 0), f.scaledWidth - 1);
        float ux = (px + 0.5f) * f.ratioX - 0.5f;
        columns.set(thread, f, onSide ? ux * f.turnYx + f.turnY : ux * f.turnXx + f.turnX, !onSide);
        lumaBetween = columns.lumaWeight[thread] != 0;
        chromaBetween = columns.chromaWeight[thread] != 0;
    } else if (thread < TILE_COLUMNS + TILE_ROWS) {
        int i = thread - TILE_COLUMNS;
        int py = min(max(y + i - f.padTop, 0), f.scaledHeight - 1);
        float uy = (py + 0.5f) * f.ratioY - 0.5f;
        rows.set(i, f, onSide ? uy * f.turnXy + f.turnX : uy * f.turnYy + f.turnY, onSide);
        lumaBetween = rows.lumaWeight[i] != 0;
        chromaBetween = rows.chromaWeight[i] != 0;
    }
    lumaBetween = __syncthreads_or(lumaBetween);
    chromaBetween = __syncthreads_or(chromaBetween);
    if (s.y + ROWS > f.padTop && s.y < bottom) {
        if (f.layout == LAYOUT_PACKED) {
            packed(f, rows, columns, s);
        } else if (f.wide) {
            yuv<u16>(f, rows, columns, s, lumaBetween, chromaBetween);
        } else {
            yuv<u8>(f, rows, columns, s, lumaBetween, chromaBetween);
        }
    }
    if (x < f.padLeft || x + TILE_COLUMNS > right || s.y < f.padTop || s.y + ROWS > bottom) {
        pad(f, s, padding);
    }
}
