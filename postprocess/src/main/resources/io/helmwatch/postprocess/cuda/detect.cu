// From the predictions of a batch to the kept boxes: threshold and best class, sorting, suppression.
//
// Boxes stay in model pixels. Arithmetic is FP32 without fused multiply-adds, in the order of the CPU, so that both keep the same boxes.
// Compiled with IN_HALF (FP16 predictions) or without (FP32). Uses no headers, so any NVRTC can compile it.

typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned short u16;

__device__ __forceinline__ float load(u64 tensor, u64 element) {
#ifdef IN_HALF
    u16 h = __ldg(reinterpret_cast<const u16 *>(tensor) + element);
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
    return f;
#else
    return __ldg(reinterpret_cast<const float *>(tensor) + element);
#endif
}

// A key sorts by descending confidence, then by ascending row. Confidences are not negative, so their bits are ordered as their values.
__device__ __forceinline__ u64 key_of(float confidence, u32 row) {
    return (u64) __float_as_uint(confidence) << 32 | (0xffffffffu - row);
}

__device__ __forceinline__ u32 row_of(u64 key) {
    return 0xffffffffu - (u32) key;
}

// Shared by both decoders: stores the candidate of each thread, if any, with one atomic operation per warp.
__device__ __forceinline__ void keep(
    bool passes, float confidence, int category, float4 box, int row, int image, int rows, u64 *keys, float4 *boxes, int *classOf, int *counts) {
    // Boxes without area or not finite are dropped. Also false for NaN.
    float width = __fsub_rn(box.z, box.x), height = __fsub_rn(box.w, box.y);
    passes = passes && width > 0 && height > 0 && width <= 3.402823466e38f && height <= 3.402823466e38f;
    u32 mask = __ballot_sync(0xffffffffu, passes);
    if (mask == 0) {
        return;
    }
    int lane = threadIdx.x & 31;
    int leader = __ffs(mask) - 1;
    int base = 0;
    if (lane == leader) {
        base = atomicAdd(counts + image, __popc(mask));
    }
    base = __shfl_sync(0xffffffffu, base, leader);
    if (passes) {
        u64 first = (u64) image * rows;
        keys[first + base + __popc(mask & ((1u << lane) - 1))] = key_of(confidence, row);
        boxes[first + row] = box;
        classOf[first + row] = category;
    }
}

__device__ __forceinline__ float4 corners(float x, float y, float width, float height) {
    float halfWidth = __fmul_rn(width, 0.5f), halfHeight = __fmul_rn(height, 0.5f);
    return make_float4(
        __fsub_rn(x, halfWidth), __fsub_rn(y, halfHeight), __fadd_rn(x, halfWidth), __fadd_rn(y, halfHeight));
}

// Decoded output [N, rows, 5 + classes]: one thread per row; grid: x over rows, y over frames. counts must be zero.
extern "C" __global__ void __launch_bounds__(256) select_decoded(
    u64 predictions, int rows, int classes, float threshold, u64 *keys, float4 *boxes, int *classOf, int *counts) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    int image = blockIdx.y;
    bool passes = false;
    float confidence = 0;
    int best = 0;
    float4 box = make_float4(0, 0, 0, 0);
    if (row < rows) {
        u64 at = ((u64) image * rows + row) * (5 + classes);
        float objectness = load(predictions, at + 4);
        if (objectness >= threshold) {
            float top = load(predictions, at + 5);
            for (int c = 1; c < classes; c++) {
                float p = load(predictions, at + 5 + c);
                if (p > top) {
                    top = p;
                    best = c;
                }
            }
            // Adding zero turns -0 into 0, whose bits have the right order.
            confidence = __fadd_rn(__fmul_rn(objectness, top), 0.0f);
            passes = confidence >= threshold && confidence >= 0;
            if (passes) {
                box = corners(
                    load(predictions, at), load(predictions, at + 1), load(predictions, at + 2), load(predictions, at + 3));
            }
        }
    }
    keep(passes, confidence, best, box, row, image, rows, keys, boxes, classOf, counts);
}

__device__ __forceinline__ float sigmoid(float logit) {
    return 1.0f / (1.0f + expf(-logit));
}

// One raw head before sigmoid: one thread per cell and anchor; grid: x over both, y over frames. In [N, 3, height, width, 5 + classes]
// elementStep is 1 and cellStep 5 + classes, in [N, 3 * (5 + classes), height, width] height * width and 1.
// firstRow counts the rows of the heads before this one; rows those of all heads. minLogit is a little below the logit of the threshold,
// so few rows need a sigmoid.
extern "C" __global__ void __launch_bounds__(256) select_raw(
    u64 logits, int rows, int classes, float threshold, u64 *keys, float4 *boxes, int *classOf, int *counts, int firstRow, int height,
    int width, float stride, float minLogit, float w0, float h0, float w1, float h1, float w2, float h2, int elementStep, int cellStep) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    int image = blockIdx.y;
    int cells = height * width;
    bool passes = false;
    float confidence = 0;
    int best = 0;
    float4 box = make_float4(0, 0, 0, 0);
    if (i < 3 * cells) {
        int anchor = i / cells, cell = i % cells;
        u64 at = ((u64) image * 3 + anchor) * cells * (5 + classes) + (u64) cell * cellStep;
        u64 step = elementStep;
        float logit = load(logits, at + 4 * step);
        float objectness = logit >= minLogit ? sigmoid(logit) : -1.0f;
        if (objectness >= threshold) {
            float top = load(logits, at + 5 * step);
            for (int c = 1; c < classes; c++) {
                float p = load(logits, at + (5 + c) * step);
                if (p > top) {
                    top = p;
                    best = c;
                }
            }
            confidence = __fadd_rn(__fmul_rn(objectness, sigmoid(top)), 0.0f);
            passes = confidence >= threshold;
            if (passes) {
                float x = (2 * sigmoid(load(logits, at)) - 0.5f + cell % width) * stride;
                float y = (2 * sigmoid(load(logits, at + step)) - 0.5f + cell / width) * stride;
                float w = 2 * sigmoid(load(logits, at + 2 * step)), h = 2 * sigmoid(load(logits, at + 3 * step));
                float aw = anchor == 0 ? w0 : anchor == 1 ? w1 : w2;
                float ah = anchor == 0 ? h0 : anchor == 1 ? h1 : h2;
                box = corners(x, y, w * w * aw, h * h * ah);
            }
        }
    }
    keep(passes, confidence, best, box, firstRow + i, image, rows, keys, boxes, classOf, counts);
}

// Sorts in descending order; elements beyond count are treated as minimal. All threads of the block take part.
__device__ void sort_falling(u64 *keys, int count) {
    int size = 1;
    while (size < count) {
        size <<= 1;
    }
    for (int width = 2; width <= size; width <<= 1) {
        // The first step mirrors the second half, so that all comparisons have the same direction and absent keys stay at the end.
        for (int i = threadIdx.x; i < size / 2; i += blockDim.x) {
            int half = width / 2;
            int block = i / half, offset = i % half;
            int low = block * width + offset;
            int high = block * width + width - 1 - offset;
            if (high < count && keys[low] < keys[high]) {
                u64 t = keys[low];
                keys[low] = keys[high];
                keys[high] = t;
            }
        }
        __syncthreads();
        for (int half = width / 4; half > 0; half >>= 1) {
            for (int i = threadIdx.x; i < size / 2; i += blockDim.x) {
                int block = i / half, offset = i % half;
                int low = block * half * 2 + offset;
                int high = low + half;
                if (high < count && keys[low] < keys[high]) {
                    u64 t = keys[low];
                    keys[low] = keys[high];
                    keys[high] = t;
                }
            }
            __syncthreads();
        }
    }
}

struct Box {
    float x1, y1, x2, y2;
    int category;
};

__device__ __forceinline__ float area(const Box &b) {
    return __fmul_rn(__fsub_rn(b.x2, b.x1), __fsub_rn(b.y2, b.y1));
}

__device__ __forceinline__ bool suppresses(const Box &kept, const Box &other, float iou, bool agnostic) {
    if (!agnostic && kept.category != other.category) {
        return false;
    }
    float w = __fsub_rn(fminf(other.x2, kept.x2), fmaxf(other.x1, kept.x1));
    float h = __fsub_rn(fminf(other.y2, kept.y2), fmaxf(other.y1, kept.y1));
    if (!(w > 0 && h > 0)) {
        return false;
    }
    float overlap = __fmul_rn(w, h);
    return overlap > __fmul_rn(iou, __fsub_rn(__fadd_rn(area(other), area(kept)), overlap));
}

// A kept box, as it is downloaded.
struct Kept {
    float x1, y1, x2, y2, confidence;
    int category;
};

#define THREADS 512
#define SHARED_KEYS 2048
// The most confident candidates, as many as on the CPU.
#define MAX_CANDIDATES 30000

// One block per frame. Dynamic shared memory: limit boxes. results: per frame an 8-byte header (kept, candidates), then limit rows.
extern "C" __global__ void __launch_bounds__(THREADS) suppress(
    int rowsOfPicture,
    u64 *allKeys,
    const float4 *boxes,
    const int *classOf,
    const int *counts,
    float iou,
    int agnostic,
    int limit,
    char *results) {
    extern __shared__ Box kept[];
    __shared__ u64 sharedKeys[SHARED_KEYS];
    __shared__ Box chunk[THREADS];
    __shared__ u32 alive[THREADS / 32];
    int image = blockIdx.x;
    int count = counts[image];
    u64 *keys = allKeys + (u64) image * rowsOfPicture;
    if (count <= SHARED_KEYS) {
        for (int i = threadIdx.x; i < count; i += THREADS) {
            sharedKeys[i] = keys[i];
        }
        keys = sharedKeys;
        __syncthreads();
    }
    sort_falling(keys, count);
    __syncthreads();
    count = min(count, MAX_CANDIDATES);

    u64 rowBytes = 8 + (u64) limit * sizeof(Kept);
    int *head = reinterpret_cast<int *>(results + image * rowBytes);
    Kept *rows = reinterpret_cast<Kept *>(head + 2);
    int keptCount = 0;
    for (int start = 0; start < count && keptCount < limit; start += THREADS) {
        int i = start + threadIdx.x;
        bool lives = i < count;
        Box box = {};
        float confidence = 0;
        if (lives) {
            u64 key = keys[i];
            u64 row = (u64) image * rowsOfPicture + row_of(key);
            confidence = __uint_as_float((u32) (key >> 32));
            float4 corner = boxes[row];
            box = Box{corner.x, corner.y, corner.z, corner.w, classOf[row]};
            for (int k = 0; k < keptCount && lives; k++) {
                lives = !suppresses(kept[k], box, iou, agnostic);
            }
        }
        chunk[threadIdx.x] = box;
        u32 mask = __ballot_sync(0xffffffffu, lives);
        if ((threadIdx.x & 31) == 0) {
            alive[threadIdx.x / 32] = mask;
        }
        __syncthreads();
        // Keeps the most confident remaining box and drops the boxes that it suppresses, until none remains.
        while (keptCount < limit) {
            int first = -1;
            for (int w = 0; w < THREADS / 32; w++) {
                if (alive[w] != 0) {
                    first = w * 32 + __ffs(alive[w]) - 1;
                    break;
                }
            }
            if (first < 0) {
                break;
            }
            Box strongest = chunk[first];
            if (threadIdx.x == first) {
                lives = false;
                kept[keptCount] = strongest;
                rows[keptCount] = Kept{box.x1, box.y1, box.x2, box.y2, confidence, box.category};
            } else if (lives) {
                lives = !suppresses(strongest, box, iou, agnostic);
            }
            keptCount++;
            mask = __ballot_sync(0xffffffffu, lives);
            __syncthreads();
            if ((threadIdx.x & 31) == 0) {
                alive[threadIdx.x / 32] = mask;
            }
            __syncthreads();
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        head[0] = keptCount;
        head[1] = count;
    }
}
