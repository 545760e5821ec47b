// The path tracer of the rendered yard: scene structures, intersection, shading.
// Compiles as CUDA (nvcc) and as plain C++ (OpenMP). Units: metres; y up, z away from the camera, x right.
#pragma once
#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define HD __host__ __device__ inline
#else
#define HD inline
#endif

struct V {
    float x, y, z;
};
HD V v3(float x, float y, float z) { return {x, y, z}; }
HD V v3(float a) { return {a, a, a}; }
HD V operator+(V a, V b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
HD V operator-(V a, V b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
HD V operator-(V a) { return {-a.x, -a.y, -a.z}; }
HD V operator*(V a, float s) { return {a.x * s, a.y * s, a.z * s}; }
HD V operator*(float s, V a) { return a * s; }
HD V operator*(V a, V b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
HD V operator/(V a, float s) { return a * (1.f / s); }
HD V &operator+=(V &a, V b) { return a = a + b; }
HD float dot(V a, V b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
HD V cross(V a, V b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
HD float len(V a) { return sqrtf(dot(a, a)); }
HD V norm(V a) { return a * (1.f / sqrtf(fmaxf(dot(a, a), 1e-20f))); }
HD float clampf(float x, float a, float b) { return fminf(fmaxf(x, a), b); }
HD float sat(float x) { return clampf(x, 0.f, 1.f); }
HD float mixf(float a, float b, float t) { return a + (b - a) * t; }
HD V mixv(V a, V b, float t) { return a + (b - a) * t; }
HD float smooth(float a, float b, float x) {
    float t = sat((x - a) / (b - a));
    return t * t * (3.f - 2.f * t);
}
HD float fractf(float x) { return x - floorf(x); }

// Rotation given by the world directions of its local x, y, z axes.
struct M3 {
    V x, y, z;
};
HD V toLocal(const M3 &m, V d) { return {dot(m.x, d), dot(m.y, d), dot(m.z, d)}; }
HD V toWorld(const M3 &m, V d) { return m.x * d.x + m.y * d.y + m.z * d.z; }

// ---------------------------------------------------------------- scene

enum Mat {
    PLAIN, CORRUGATED, BRICK, CONCRETE, CLADDING, WOOD, ROLLER, GLASS, CARTON, HAZARD, FOLIAGE, METAL, STRIPED, GLOW, // static
    SKIN = 20, HAIR, HELMET, EYE, STRAP, CLOTH, BOOT, PROP                                                     // people
};
enum Headgear { BARE, HARDHAT, CAP, BEANIE, HOOD, TURBAN, HEADSCARF, STRAW_HAT, BUCKET_HAT, BANDANA };
enum HairStyle { BALD, BUZZ, SHORT, LONG, PONYTAIL, BUN, CURLY, AFRO, FRINGE }; // FRINGE: bald on top
enum HelmetStyle { PEAKED, FULL_BRIM, CLIMBING };
enum Mask { NO_MASK, PALE_MASK, DARK_MASK, BALACLAVA, NECKERCHIEF };
enum Glasses { NO_GLASSES, SPECTACLES, SUNGLASSES, GOGGLES };
enum TopStyle { VEST, JACKET_STRIPES, PLAIN_TOP };

struct Box {
    V c, h;
    float cy, sy; // cosine and sine of the yaw
    int mat;
    V col;
};
struct Cone { // capped cone from a to b, radii ra and rb (a cylinder when equal)
    V a, b;
    float ra, rb;
    int mat;
    V col;
};
struct Ball { // ellipsoid, of which only what lies above `cut` is there (-1 all, 0 a dome open below)
    V c, r;
    float cut;
    int mat;
    V col;
};
struct LooseHelmet { // a helmet that nobody wears
    M3 frame;
    V o;
    float scale;
    int style;
    V col;
};
struct Lamp { // a point that shines: colour and strength at one metre
    V p, col;
};
struct Group { // bounding box of a run of boxes, a run of cones and a run of balls
    V lo, hi;
    int b0, b1, c0, c1, e0, e1;
};

struct Person {
    V lo, hi; // bounding box
    V headBallC;
    float headBallR;
    M3 head, helm, chest, pelvis;
    V headO, helmO, chestO, pelvisO;
    V neck0, neck1, shoulder[2], elbow[2], wrist[2], palm[2], hip[2], knee[2], ankle[2], heel[2], toe[2];
    V propO, propH;
    M3 prop;
    int hasProp;
    float s, hs; // body and head scale
    float hipTop;
    float girth;
    int headgear, hair, top, bareArms, helmetState; // helmetState: 0 none, 1 worn, 2 in the hand
    int strap, mask, beard, sticker, gloves, muffs, female, glasses, backwards, liner, helmetStyle;
    float seed;
    V skin, hairCol, helmCol, stickerCol, shirtCol, vestCol, pantsCol, bootCol, propCol;
};

constexpr int MAX_BOXES = 330, MAX_CONES = 90, MAX_BALLS = 32, MAX_GROUPS = 48, MAX_PEOPLE = 12, MAX_LOOSE = 6, MAX_LAMPS = 4;

struct Scene {
    Box boxes[MAX_BOXES];
    Cone cones[MAX_CONES];
    Ball balls[MAX_BALLS];
    Group groups[MAX_GROUPS];
    Person people[MAX_PEOPLE];
    LooseHelmet loose[MAX_LOOSE];
    Lamp lamps[MAX_LAMPS];
    int nBoxes, nCones, nBalls, nGroups, nPeople, nLoose, nLamps;
    // camera
    V eye, right, up, fwd;
    float focal;   // in units of half the picture's height
    float fisheye; // radians per half height of an equidistant lens; 0: a rectilinear one
    float shakeX, shakeY; // way of the picture during the exposure, pixels
    int w, h, spp;
    uint32_t seed;
    // light
    V sunDir, sunCol, skyZenith, skyHorizon;
    float sunSize, cloud, exposure, fog, saturation, vignette, noise, contrast, rain;
    V whiteBalance;
    int groundType;
    V groundCol;
    float groundSeed;
};

static Scene hScene;
#ifdef __CUDACC__
__device__ __forceinline__ const Scene &sharedScene() { // every block keeps its own copy: threads read it in step
    extern __shared__ __align__(16) unsigned char raw[];
    return *reinterpret_cast<const Scene *>(raw);
}
#endif
#ifdef __CUDA_ARCH__
#define SC sharedScene()
#else
#define SC hScene
#endif

// ---------------------------------------------------------------- random numbers and noise

HD uint32_t hash32(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ (x >> 16);
}
HD uint32_t reverseBits(uint32_t x) {
#ifdef __CUDA_ARCH__
    return __brev(x);
#else
    x = (x >> 16) | (x << 16);
    x = ((x & 0xff00ff00u) >> 8) | ((x & 0x00ff00ffu) << 8);
    x = ((x & 0xf0f0f0f0u) >> 4) | ((x & 0x0f0f0f0fu) << 4);
    x = ((x & 0xccccccccu) >> 2) | ((x & 0x33333333u) << 2);
    return ((x & 0xaaaaaaaau) >> 1) | ((x & 0x55555555u) << 1);
#endif
}
// Owen scrambling by hashing (Laine and Karras 2011; Burley 2020).
HD uint32_t scramble(uint32_t x, uint32_t seed) {
    x = reverseBits(x);
    x += seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return reverseBits(x);
}
struct Rng { // of one path
    uint32_t index, seed, dim;
    bool people;       // whether people are in the scene
    int level, touched; // bits of the levels at which a ray came near a person: 1 seen or in the sun's way, 2 farther along
    bool onPerson;     // the first hit
};
HD void next2(Rng &r, float &u, float &v) { // one point of a scrambled and shuffled (0,2)-sequence
    uint32_t s = hash32(r.seed + 0x9e3779b9u * ++r.dim);
    uint32_t i = scramble(r.index, s);
    uint32_t a = reverseBits(i), b = 0, m = 0x80000000u;
    for (uint32_t k = i; k; k >>= 1, m ^= m >> 1)
        if (k & 1) b ^= m;
    a = scramble(a, hash32(s + 1)), b = scramble(b, hash32(s + 2));
    u = (a >> 8) * (1.f / 16777216.f), v = (b >> 8) * (1.f / 16777216.f);
}
HD float hashf(int x, int y, int z) {
    return (hash32((uint32_t)x * 73856093u ^ (uint32_t)y * 19349663u ^ (uint32_t)z * 83492791u) >> 8) * (1.f / 16777216.f);
}
HD float vnoise(V p) {
    float fx = floorf(p.x), fy = floorf(p.y), fz = floorf(p.z);
    int ix = (int)fx, iy = (int)fy, iz = (int)fz;
    float x = p.x - fx, y = p.y - fy, z = p.z - fz;
    x = x * x * (3 - 2 * x), y = y * y * (3 - 2 * y), z = z * z * (3 - 2 * z);
    float a = mixf(mixf(hashf(ix, iy, iz), hashf(ix + 1, iy, iz), x), mixf(hashf(ix, iy + 1, iz), hashf(ix + 1, iy + 1, iz), x), y);
    float b = mixf(
            mixf(hashf(ix, iy, iz + 1), hashf(ix + 1, iy, iz + 1), x), mixf(hashf(ix, iy + 1, iz + 1), hashf(ix + 1, iy + 1, iz + 1), x), y);
    return mixf(a, b, z);
}
HD float fbm(V p, int octaves) {
    float s = 0, a = 0.5f;
    for (int i = 0; i < octaves; i++) {
        s += a * vnoise(p);
        p = v3(p.x * 2.03f + 7.1f, p.y * 2.03f + 3.7f, p.z * 2.03f + 1.3f);
        a *= 0.5f;
    }
    return s;
}

// ---------------------------------------------------------------- distance fields of a person

HD float smin(float a, float b, float k) {
    float h = fmaxf(k - fabsf(a - b), 0.f) / k;
    return fminf(a, b) - h * h * k * 0.25f;
}
HD float smax(float a, float b, float k) { return -smin(-a, -b, k); }
HD float sdEll(V p, V r) {
    V q = v3(p.x / r.x, p.y / r.y, p.z / r.z);
    V g = v3(q.x / r.x, q.y / r.y, q.z / r.z);
    float k0 = len(q), k1 = len(g);
    return k1 < 1e-6f ? -fminf(r.x, fminf(r.y, r.z)) : k0 * (k0 - 1.f) / k1;
}
HD float sdEll2(float x, float z, float rx, float rz) {
    float qx = x / rx, qz = z / rz, k0 = sqrtf(qx * qx + qz * qz);
    float gx = qx / rx, gz = qz / rz, k1 = sqrtf(gx * gx + gz * gz);
    return k1 < 1e-6f ? -fminf(rx, rz) : k0 * (k0 - 1.f) / k1;
}
HD float sdCap(V p, V a, V b, float ra, float rb) { // capsule whose radius changes along it (good enough for limbs)
    V pa = p - a, ba = b - a;
    float h = sat(dot(pa, ba) / dot(ba, ba));
    return len(pa - ba * h) - mixf(ra, rb, h);
}
HD float sdRoundBox(V p, V h, float r) {
    V q = v3(fabsf(p.x) - h.x + r, fabsf(p.y) - h.y + r, fabsf(p.z) - h.z + r);
    V m = v3(fmaxf(q.x, 0), fmaxf(q.y, 0), fmaxf(q.z, 0));
    return len(m) + fminf(fmaxf(q.x, fmaxf(q.y, q.z)), 0.f) - r;
}

// Hard hat in the frame of the head that wears it: shell, centre and side ribs, rim and peak, hollow inside.
HD float sdHelmet(V q, int style) {
    V c = q - v3(0, 0.050f, -0.006f);
    float ax = fabsf(q.x);
    // a slightly squarer dome than an ellipsoid
    float e = sdEll(c, v3(0.107f, 0.124f, 0.133f));
    float shell = fmaxf(e, -(q.y - 0.034f));
    float rib = fmaxf(e - 0.0065f, smax(ax - 0.013f, -(q.y - 0.075f), 0.01f));
    float ribs = fmaxf(e - 0.0045f, smax(fabsf(ax - 0.046f) - 0.006f, -(q.y - 0.095f), 0.01f));
    if (style != CLIMBING) shell = smin(shell, smin(rib, ribs, 0.006f), 0.006f);
    float rim = style == FULL_BRIM ? sdEll2(q.x, q.z + 0.006f, 0.150f, 0.174f) : sdEll2(q.x, q.z + 0.006f, 0.117f, 0.144f);
    float peak = style == CLIMBING ? sdEll2(q.x, q.z - 0.040f, 0.088f, 0.108f) : sdEll2(q.x, q.z - 0.062f, 0.094f, 0.122f);
    float out = smin(rim, peak, 0.03f);
    float front = fmaxf(q.z - 0.07f, 0.f);
    float yb = 0.041f - 0.22f * front - 1.2f * front * q.x * q.x / 0.1f + 0.04f * fmaxf(-q.z - 0.05f, 0.f);
    float brim = smax(out, fabsf(q.y - yb) - 0.0035f, 0.004f);
    float d = smin(shell, brim, 0.012f);
    float inner = sdEll(c, v3(0.100f, 0.117f, 0.126f));
    return fmaxf(d, -inner);
}

struct HeadParts {
    float skin, hair, gear, strap, eye, glass;
};

HD float sdRing(float along, float across, float radius, float thick) { // cross-section of a ring
    float r = along - radius;
    return sqrtf(r * r + across * across) - thick;
}
// What else people wear on their heads, in the head's frame; `wool`: bandana, turban and scarf have folds.
HD float sdOtherHeadgear(int kind, V q) {
    float back = q.z < 0 ? -q.z : 0.f;
    float fold = 0.003f * sinf(q.y * 130.f + fabsf(q.x) * 60.f + 3.f * sinf(q.z * 20.f));
    float r = sqrtf(q.x * q.x + q.z * q.z);
    if (kind == TURBAN) {
        float e = sdEll(q - v3(0, 0.078f, -0.014f), v3(0.116f, 0.088f, 0.126f)) + fold;
        return smax(e, -(q.y - 0.034f - 0.15f * q.z), 0.014f) * 0.9f;
    }
    if (kind == HEADSCARF) {
        float e = smin(sdEll(q - v3(0, 0.024f, -0.020f), v3(0.094f, 0.119f, 0.114f)), sdEll(q - v3(0, -0.115f, -0.005f), v3(0.105f, 0.075f, 0.098f)), 0.05f);
        return smax(e + 0.5f * fold, -sdEll(q - v3(0, -0.012f, 0.105f), v3(0.062f, 0.090f, 0.085f)), 0.01f) * 0.9f;
    }
    if (kind == STRAW_HAT) {
        float crown = smax(sdEll(q - v3(0, 0.052f, -0.010f), v3(0.093f, 0.108f, 0.108f)), -(q.y - 0.045f), 0.006f);
        float yb = 0.058f - 1.1f * (r - 0.09f) * (r - 0.09f) * 4.f;
        return smin(smax(crown, q.y - 0.138f, 0.02f), smax(r - 0.195f, fabsf(q.y - yb) - 0.004f, 0.004f) * 0.75f, 0.01f);
    }
    if (kind == BUCKET_HAT) {
        float crown = smax(smax(sdEll(q - v3(0, 0.040f, -0.010f), v3(0.092f, 0.118f, 0.110f)), -(q.y - 0.045f), 0.006f), q.y - 0.130f, 0.02f);
        float yb = 0.052f - 0.75f * (r - 0.095f);
        return smin(crown, smax(r - 0.145f, fabsf(q.y - yb) - 0.004f, 0.004f) * 0.7f, 0.01f);
    }
    // bandana: close to the skull, a knot behind
    float e = sdEll(q - v3(0, 0.043f, -0.017f), v3(0.087f, 0.101f, 0.107f)) + 0.3f * fold;
    float cloth = smax(e, -(q.y - 0.046f + 0.20f * back), 0.006f);
    return fminf(cloth, sdEll(q - v3(0.0f, 0.006f, -0.118f), v3(0.026f, 0.018f, 0.016f)));
}

HD HeadParts headParts(const Person &P, V q, V qh) { // q: head frame, qh: helmet frame
    HeadParts r;
    V a = v3(fabsf(q.x), q.y, q.z);
    float jawW = P.female ? 0.054f : 0.060f;
    float d = smin(sdEll(q - v3(0, 0.038f, -0.012f), v3(0.076f, 0.092f, 0.097f)),
            sdEll(q - v3(0, -0.040f, 0.020f), v3(jawW, 0.083f, 0.071f)), 0.035f);
    d = smin(d, len(q - v3(0, -0.098f, 0.066f)) - 0.021f, 0.03f);
    d = smin(d, len(a - v3(0.038f, -0.028f, 0.058f)) - 0.027f, 0.02f);
    d = smin(d, sdCap(q, v3(0, 0.014f, 0.089f), v3(0, -0.024f, 0.107f), 0.008f, 0.0150f), 0.014f);
    d = smin(d, sdCap(a, v3(0.010f, 0.024f, 0.087f), v3(0.044f, 0.022f, 0.072f), 0.008f, 0.007f), 0.014f);
    d = smax(d, -(len(a - v3(0.031f, 0.004f, 0.097f)) - 0.013f), 0.014f);
    d = smin(d, sdCap(a, v3(0, -0.060f, 0.088f), v3(0.018f, -0.060f, 0.080f), 0.008f, 0.006f), 0.010f);
    d = smin(d, sdEll(a - v3(0.079f, -0.004f, -0.012f), v3(0.011f, 0.031f, 0.019f)), 0.008f);
    r.skin = d;
    r.eye = len(a - v3(0.031f, 0.005f, 0.078f)) - 0.0125f;
    r.hair = r.gear = r.strap = r.glass = 1e3f;
    if (P.hair != BALD) {
        bool covered = P.headgear != BARE, longHair = P.hair >= LONG && P.hair <= BUN;
        float t = P.hair == BUZZ ? 0.001f : P.hair == SHORT || P.hair == FRINGE ? 0.008f : 0.012f;
        if (P.hair == CURLY && !covered) t = 0.024f;
        if (P.hair == AFRO && !covered) t = 0.046f;
        float clump = sinf(q.x * 70.f + P.seed) * sinf(q.y * 55.f + q.x * 30.f) * sinf(q.z * 62.f + P.seed);
        if (P.hair != BUZZ) t += (P.hair == CURLY || P.hair == AFRO ? 0.005f : 0.0028f) * clump;
        if (P.headgear > HOOD) t = fminf(t, 0.004f); // pressed down by cloth
        float e = sdEll(q - v3(0, 0.043f, -0.017f), v3(0.079f + t, 0.093f + t, 0.099f + t));
        // hairline: forehead, temple, sideburn before the ear, nape behind it
        float arch = q.y + 7.f * a.x * a.x + 0.004f * clump - (longHair ? 0.014f * (1.f - smooth(0.f, 0.04f, a.x)) + 0.004f : 0.002f);
        float edge = -0.035f + 0.060f * smooth(-0.025f, 0.0f, q.y) + 0.066f * smooth(0.040f, 0.105f, arch);
        float h = smax(e, (q.z - edge + 0.003f * clump) * 0.6f, 0.008f);
        h = smax(h, -(q.y + (longHair ? 0.10f : 0.062f)), 0.01f);
        if (P.hair == LONG) {
            float l = sdEll(q - v3(0, -0.045f, -0.052f), v3(0.092f, 0.125f, 0.062f));
            h = smin(h, l, 0.03f);
        } else if (P.hair == PONYTAIL) {
            h = smin(h, sdCap(q, v3(0, 0.03f, -0.115f), v3(0, -0.11f, -0.135f), 0.028f, 0.016f), 0.02f);
        } else if (P.hair == BUN && !covered) {
            h = smin(h, len(q - v3(0, 0.10f, -0.095f)) - 0.040f, 0.015f);
        } else if (P.hair == FRINGE) {
            h = smax(h, q.y - 0.050f + 0.35f * fmaxf(q.z, 0.f), 0.012f);
        }
        if (P.headgear == HARDHAT && P.helmetState == 1) h = fmaxf(h, sdEll(qh - v3(0, 0.050f, -0.006f), v3(0.101f, 0.118f, 0.127f)) * (qh.y > 0.03f ? 1.f : 0.f));
        r.hair = h;
    }
    if (P.beard) {
        float b = sdEll(q - v3(0, -0.060f, 0.030f), v3(jawW + 0.007f, 0.075f, 0.072f));
        b = smax(b, q.y + 0.045f - 0.25f * a.x, 0.012f);
        b = smax(b, -(sdCap(a, v3(0, -0.060f, 0.09f), v3(0.016f, -0.060f, 0.085f), 0.011f, 0.009f)), 0.006f);
        r.hair = fminf(r.hair, b);
    }
    if (P.helmetState == 1) {
        r.gear = sdHelmet(qh, P.helmetStyle);
        if (P.liner) { // a hood or a balaclava under the helmet
            float e = smin(sdEll(q - v3(0, 0.010f, -0.022f), v3(0.090f, 0.105f, 0.108f)), sdEll(q - v3(0, -0.10f, -0.020f), v3(0.100f, 0.075f, 0.100f)), 0.05f);
            r.strap = smax(smax(e, -sdEll(q - v3(0, -0.02f, 0.110f), v3(0.062f, 0.100f, 0.090f)), 0.01f), q.y - 0.06f, 0.01f);
        }
        if (P.strap) {
            r.strap = fminf(r.strap, fminf(sdCap(a, v3(0.088f, 0.04f, 0.01f), v3(0.066f, -0.085f, 0.035f), 0.004f, 0.004f),
                    sdCap(a, v3(0.066f, -0.085f, 0.035f), v3(0.0f, -0.122f, 0.055f), 0.004f, 0.004f)));
        }
    }
    if (P.muffs && (P.helmetState == 1 || P.headgear != HARDHAT)) r.strap = fminf(r.strap, sdEll(a - v3(0.098f, -0.004f, -0.005f), v3(0.026f, 0.042f, 0.034f)));
    if (P.muffs && P.headgear != HARDHAT && q.y > -0.01f) { // headphones: the band over the head
        r.strap = fminf(r.strap, sdRing(sqrtf(q.x * q.x + (q.y - 0.032f) * (q.y - 0.032f)), q.z + 0.005f, 0.116f, 0.009f));
    }
    if (P.glasses == SPECTACLES || P.glasses == SUNGLASSES) {
        float dx = a.x - 0.034f, dy = q.y - 0.003f, lens = sqrtf(dx * dx + dy * dy * 1.5f);
        float ring = P.glasses == SPECTACLES ? sdRing(lens, q.z - 0.101f, 0.022f, 0.0026f) : smax(lens - 0.026f, fabsf(q.z - 0.101f) - 0.0025f, 0.003f);
        ring = fminf(ring, sdCap(a, v3(0, 0.008f, 0.104f), v3(0.014f, 0.008f, 0.102f), 0.0025f, 0.0025f));
        r.glass = fminf(ring, sdCap(a, v3(0.056f, 0.010f, 0.098f), v3(0.082f, 0.006f, -0.010f), 0.0028f, 0.0028f));
    } else if (P.glasses == GOGGLES) {
        r.glass = sdRoundBox(q - v3(0, 0.006f, 0.086f), v3(0.068f, 0.030f, 0.024f), 0.014f);
    }
    if (P.headgear == CAP && P.backwards) q = v3(-q.x, q.y, -q.z - 0.024f);
    if (P.headgear == CAP) {
        float e = sdEll(q - v3(0, 0.046f, -0.012f), v3(0.087f, 0.098f, 0.107f));
        float dome = smax(e, -(q.y - 0.040f + 0.15f * q.z * (q.z < 0 ? -1.f : 0.f)), 0.006f);
        float o = smax(sdEll2(q.x, q.z - 0.085f, 0.076f, 0.092f), -(q.z - 0.055f), 0.004f);
        float yb = 0.050f - 5.5f * q.x * q.x - 0.22f * (q.z - 0.08f);
        float b = smax(o, fabsf(q.y - yb) - 0.003f, 0.003f);
        r.gear = fminf(r.gear, smin(dome, b * 0.8f, 0.008f));
        r.hair = fmaxf(r.hair, -(e + 0.004f));
    } else if (P.headgear == BEANIE) {
        float e = sdEll(q - v3(0, 0.048f, -0.014f), v3(0.090f, 0.108f, 0.108f));
        float b = smax(e, -(q.y - 0.042f + 0.25f * q.z * (q.z < 0 ? -1.f : -0.3f)), 0.012f);
        float roll = smax(e - 0.005f, fabsf(q.y - 0.058f + 0.25f * q.z * (q.z < 0 ? -1.f : -0.3f)) - 0.02f, 0.008f);
        r.gear = fminf(r.gear, smin(b, roll, 0.006f));
    } else if (P.headgear == HOOD) {
        float e = sdEll(q - v3(0, 0.020f, -0.022f), v3(0.102f, 0.130f, 0.122f));
        float n = sdEll(q - v3(0, -0.09f, -0.045f), v3(0.11f, 0.08f, 0.10f));
        e = smin(e, n, 0.05f);
        float open = sdEll(q - v3(0, -0.02f, 0.115f), v3(0.072f, 0.115f, 0.10f));
        r.gear = fminf(r.gear, smax(e, -open, 0.012f));
    } else if (P.headgear > HOOD) {
        r.gear = fminf(r.gear, sdOtherHeadgear(P.headgear, q));
    }
    return r;
}

HD float sdHead(const Person &P, V p) {
    V q = toLocal(P.head, p - P.headO) / P.hs;
    V qh = P.helmetState == 1 ? toLocal(P.helm, p - P.helmO) / P.hs : q;
    HeadParts h = headParts(P, q, qh);
    return fminf(fminf(fminf(h.skin, h.hair), fminf(h.gear, h.strap)), h.glass) * P.hs;
}

HD float sdTorso(const Person &P, V p) {
    float s = P.s, g = P.girth;
    V q = toLocal(P.chest, p - P.chestO) / s, w = toLocal(P.pelvis, p - P.pelvisO) / s;
    float d = sdEll(q - v3(0, 0.0f, 0.006f), v3(0.168f * g, 0.205f, 0.114f * g));
    d = smin(d, sdEll(q - v3(0, -0.20f, 0.012f), v3(0.150f * g, 0.17f, 0.112f * g)), 0.07f);
    d = smin(d, sdEll(w - v3(0, -0.01f, 0), v3(0.163f * (0.5f + 0.5f * g), 0.135f, 0.120f)), 0.07f);
    if (P.top == VEST) { // the vest hangs a little away from the body
        float v = sdEll(q - v3(0, -0.14f, 0.006f), v3(0.172f * g, 0.27f, 0.128f * g));
        d = smin(d, smax(v, -(q.y + 0.33f), 0.02f), 0.03f);
    }
    V sa = P.shoulder[0], sb = P.shoulder[1];
    d = smin(d * s, sdCap(p, sa, sb, 0.056f * s, 0.056f * s), 0.09f * s);
    d = smin(d, sdCap(p, P.neck0 - P.chest.y * (0.01f * s), P.neck0 + P.chest.y * (0.03f * s), 0.075f * s, 0.06f * s), 0.06f * s);
    return d;
}
HD float sdArm(const Person &P, V p, int i, float &fore) {
    float s = P.s;
    fore = sdCap(p, P.elbow[i], P.wrist[i], 0.043f * s, (P.bareArms ? 0.027f : 0.036f) * s);
    return sdCap(p, P.shoulder[i], P.elbow[i], 0.059f * s, (P.bareArms ? 0.046f : 0.047f) * s);
}
HD float sdHand(const Person &P, V p, int i) { return sdCap(p, P.wrist[i], P.palm[i], 0.027f * P.s, 0.037f * P.s); }
HD float sdLeg(const Person &P, V p, int i) {
    float s = P.s;
    return smin(sdCap(p, P.hip[i], P.knee[i], 0.092f * s, 0.066f * s), sdCap(p, P.knee[i], P.ankle[i], 0.065f * s, 0.060f * s), 0.04f * s);
}
HD float sdBoot(const Person &P, V p, int i) {
    float s = P.s;
    float d = smin(sdCap(p, P.heel[i], P.toe[i], 0.042f * s, 0.040f * s), sdCap(p, P.ankle[i], P.heel[i], 0.050f * s, 0.045f * s), 0.04f * s);
    return d;
}

HD float sdProp(const Person &P, V p) {
    if (!P.hasProp) return 1e3f;
    return sdRoundBox(toLocal(P.prop, p - P.propO), P.propH, 0.006f);
}

HD float sdPerson(const Person &P, V p) {
    float d;
    float legBound = p.y - P.hipTop;
    if (legBound > 0.35f) {
        d = legBound;
    } else {
        d = fminf(sdLeg(P, p, 0), sdLeg(P, p, 1));
        d = fminf(d, fminf(sdBoot(P, p, 0), sdBoot(P, p, 1)));
    }
    float t = sdTorso(P, p), f;
    d = legBound > 0.35f ? fminf(t, d) : smin(d, t, 0.06f * P.s);
    for (int i = 0; i < 2; i++) {
        float a = sdArm(P, p, i, f);
        d = smin(d, a, 0.035f * P.s);
        d = fminf(d, smin(a, f, 0.02f * P.s));
        d = fminf(d, sdHand(P, p, i));
    }
    d = fminf(d, sdCap(p, P.neck0, P.neck1, 0.056f * P.s, 0.053f * P.s));
    d = fminf(d, sdProp(P, p));
    if (P.helmetState == 2) {
        V qh = p - P.helmO;
        float b = len(qh) - 0.26f;
        d = fminf(d, b > 0.1f ? b : sdHelmet(toLocal(P.helm, qh) / P.hs, P.helmetStyle) * P.hs);
    }
    float hb = len(p - P.headBallC) - P.headBallR;
    d = fminf(d, hb > 0.06f ? hb + 0.01f : sdHead(P, p));
    return d;
}

HD bool hitBounds(V lo, V hi, V o, V inv, float tmax, float &t0, float &t1) {
    float ax = (lo.x - o.x) * inv.x, bx = (hi.x - o.x) * inv.x;
    float ay = (lo.y - o.y) * inv.y, by = (hi.y - o.y) * inv.y;
    float az = (lo.z - o.z) * inv.z, bz = (hi.z - o.z) * inv.z;
    t0 = fmaxf(fmaxf(fminf(ax, bx), fminf(ay, by)), fmaxf(fminf(az, bz), 0.f));
    t1 = fminf(fminf(fmaxf(ax, bx), fmaxf(ay, by)), fminf(fmaxf(az, bz), tmax));
    return t0 < t1;
}
HD float marchPerson(const Person &P, V o, V d, float t, float t1, float eps) {
    for (int i = 0; i < 80 && t < t1; i++) {
        float h = sdPerson(P, o + d * t);
        if (h < eps) return t;
        t += h * 0.92f;
    }
    return -1;
}
HD float marchHead(const Person &P, V o, V d, float tmax) {
    V oc = o - P.headBallC;
    float b = dot(oc, d), c = dot(oc, oc) - P.headBallR * P.headBallR, h = b * b - c;
    if (h < 0) return -1;
    h = sqrtf(h);
    float t = fmaxf(-b - h, 0.f), t1 = fminf(-b + h, tmax);
    for (int i = 0; i < 80 && t < t1; i++) {
        float s = sdHead(P, o + d * t);
        if (s < 0.0008f) return t;
        t += s * 0.9f;
    }
    return -1;
}
HD V personNormal(const Person &P, V p, float e) {
    V a = v3(1, -1, -1), b = v3(-1, -1, 1), c = v3(-1, 1, -1), d = v3(1, 1, 1);
    return norm(a * sdPerson(P, p + a * e) + b * sdPerson(P, p + b * e) + c * sdPerson(P, p + c * e) + d * sdPerson(P, p + d * e));
}

// ---------------------------------------------------------------- static intersections

struct Hit {
    float t;
    V n;
    int kind; // 0 nothing, 1 ground, 2 box, 3 cone, 4 person, 5 ball, 6 loose helmet
    int index;
    V local; // box: local point
    V ln;    // box: local normal
};

HD bool hitBox(const Box &b, V o, V d, float tmax, float &t, V &ln, V &local) {
    V r = o - b.c;
    V ro = v3(b.cy * r.x - b.sy * r.z, r.y, b.sy * r.x + b.cy * r.z);
    V rd = v3(b.cy * d.x - b.sy * d.z, d.y, b.sy * d.x + b.cy * d.z);
    float ix = 1.f / rd.x, iy = 1.f / rd.y, iz = 1.f / rd.z;
    float nx = ix * ro.x, ny = iy * ro.y, nz = iz * ro.z;
    float kx = fabsf(ix) * b.h.x, ky = fabsf(iy) * b.h.y, kz = fabsf(iz) * b.h.z;
    float t1x = -nx - kx, t1y = -ny - ky, t1z = -nz - kz;
    float tn = fmaxf(fmaxf(t1x, t1y), t1z), tf = fminf(fminf(-nx + kx, -ny + ky), -nz + kz);
    if (tn > tf || tn < 1e-4f || tn > tmax) return false;
    t = tn;
    if (t1x >= t1y && t1x >= t1z) ln = v3(rd.x > 0 ? -1.f : 1.f, 0, 0);
    else if (t1y >= t1z) ln = v3(0, rd.y > 0 ? -1.f : 1.f, 0);
    else ln = v3(0, 0, rd.z > 0 ? -1.f : 1.f);
    local = ro + rd * t;
    return true;
}
HD V boxToWorld(const Box &b, V n) { return v3(b.cy * n.x + b.sy * n.z, n.y, -b.sy * n.x + b.cy * n.z); }

HD bool hitCone(const Cone &c, V ro, V rd, float tmax, float &t, V &n) {
    V ba = c.b - c.a, oa = ro - c.a, ob = ro - c.b;
    float m0 = dot(ba, ba), m1 = dot(oa, ba), m2 = dot(rd, ba), m3 = dot(rd, oa), m5 = dot(oa, oa), m9 = dot(ob, ba);
    if (m1 < 0) {
        V q = oa * m2 - rd * m1;
        if (dot(q, q) < c.ra * c.ra * m2 * m2) {
            t = -m1 / m2;
            n = ba * (-1.f / sqrtf(m0));
            return t > 1e-4f && t < tmax;
        }
    } else if (m9 > 0) {
        float tt = -m9 / m2;
        V q = ob + rd * tt;
        if (dot(q, q) < c.rb * c.rb) {
            t = tt;
            n = ba * (1.f / sqrtf(m0));
            return t > 1e-4f && t < tmax;
        }
    }
    float rr = c.ra - c.rb, hy = m0 + rr * rr;
    float k2 = m0 * m0 - m2 * m2 * hy;
    float k1 = m0 * m0 * m3 - m1 * m2 * hy + m0 * c.ra * (rr * m2);
    float k0 = m0 * m0 * m5 - m1 * m1 * hy + m0 * c.ra * (rr * m1 * 2.f - m0 * c.ra);
    float h = k1 * k1 - k2 * k0;
    if (h < 0) return false;
    t = (-k1 - sqrtf(h)) / k2;
    float y = m1 + t * m2;
    if (y < 0 || y > m0 || t < 1e-4f || t > tmax) return false;
    n = norm((oa + rd * t) * (m0) * m0 + ba * (m0 * rr * c.ra) - ba * (hy * y));
    return true;
}

HD bool hitBall(const Ball &b, V ro, V rd, float tmax, float &t, V &n) {
    V o = ro - b.c, q = v3(o.x / b.r.x, o.y / b.r.y, o.z / b.r.z), d = v3(rd.x / b.r.x, rd.y / b.r.y, rd.z / b.r.z);
    float a = dot(d, d), h = dot(q, d), k = h * h - a * (dot(q, q) - 1.f);
    if (k < 0) return false;
    k = sqrtf(k);
    for (int side = 0; side < 2; side++) { // the outside, or through the opening the inside
        t = (side ? -h + k : -h - k) / a;
        if (t < 1e-4f || t > tmax) continue;
        V p = q + d * t;
        if (p.y < b.cut) continue;
        n = norm(v3(p.x / b.r.x, p.y / b.r.y, p.z / b.r.z)) * (side ? -1.f : 1.f);
        return true;
    }
    return false;
}
HD float marchLoose(const LooseHelmet &L, V o, V d, float tmax, float eps) {
    float radius = 0.22f * L.scale;
    V oc = o - L.o;
    float b = dot(oc, d), h = b * b - dot(oc, oc) + radius * radius;
    if (h < 0) return -1;
    h = sqrtf(h);
    float t = fmaxf(-b - h, 0.f), t1 = fminf(-b + h, tmax);
    for (int i = 0; i < 70 && t < t1; i++) {
        float s = sdHelmet(toLocal(L.frame, o + d * t - L.o) / L.scale, L.style) * L.scale;
        if (s < eps) return t;
        t += s * 0.9f;
    }
    return -1;
}
HD V looseNormal(const LooseHelmet &L, V p) {
    V q = toLocal(L.frame, p - L.o) / L.scale;
    const float e = 0.001f;
    V a = v3(1, -1, -1), b = v3(-1, -1, 1), c = v3(-1, 1, -1), d = v3(1, 1, 1);
    V n = a * sdHelmet(q + a * e, L.style) + b * sdHelmet(q + b * e, L.style) + c * sdHelmet(q + c * e, L.style) + d * sdHelmet(q + d * e, L.style);
    return norm(toWorld(L.frame, n));
}

HD bool trace(V o, V d, float tmax, Hit &hit, bool any, float eps, Rng &r) {
    hit.kind = 0;
    hit.t = tmax;
    V inv = v3(1.f / d.x, 1.f / d.y, 1.f / d.z);
    if (d.y < -1e-5f) {
        float t = -o.y / d.y;
        if (t > 1e-3f && t < hit.t) {
            hit.t = t, hit.kind = 1, hit.n = v3(0, 1, 0);
            if (any) return true;
        }
    }
    for (int g = 0; g < SC.nGroups; g++) {
        const Group &G = SC.groups[g];
        float t0, t1;
        if (!hitBounds(G.lo, G.hi, o, inv, hit.t, t0, t1)) continue;
        for (int i = G.b0; i < G.b1; i++) {
            float t;
            V ln, lo;
            if (hitBox(SC.boxes[i], o, d, hit.t, t, ln, lo)) {
                hit.t = t, hit.kind = 2, hit.index = i, hit.ln = ln, hit.local = lo;
                if (any) return true;
            }
        }
        for (int i = G.c0; i < G.c1; i++) {
            float t;
            V n;
            if (hitCone(SC.cones[i], o, d, hit.t, t, n)) {
                hit.t = t, hit.kind = 3, hit.index = i, hit.n = n;
                if (any) return true;
            }
        }
        for (int i = G.e0; i < G.e1; i++) {
            float t;
            V n;
            if (hitBall(SC.balls[i], o, d, hit.t, t, n)) {
                hit.t = t, hit.kind = 5, hit.index = i, hit.n = n;
                if (any) return true;
            }
        }
    }
    for (int i = 0; i < SC.nLoose; i++) {
        float t = marchLoose(SC.loose[i], o, d, hit.t, eps);
        if (t > 0 && t < hit.t) {
            hit.t = t, hit.kind = 6, hit.index = i;
            if (any) return true;
        }
    }
    if (!r.people) return hit.kind != 0;
    for (int i = 0; i < SC.nPeople; i++) {
        const Person &P = SC.people[i];
        float t, t1;
        if (!hitBounds(P.lo, P.hi, o, inv, hit.t, t, t1)) continue;
        r.touched |= r.level;
        t = marchPerson(P, o, d, t, t1, eps);
        if (t > 0 && t < hit.t) {
            hit.t = t, hit.kind = 4, hit.index = i;
            if (any) return true;
        }
    }
    return hit.kind != 0;
}

// ---------------------------------------------------------------- surfaces

struct Surface {
    V p, n, alb;
    float gloss; // 0 none; else strength of a clear coat
    float rough;
    V glow; // light of its own
};

HD V bump(V n, V p, float freq, float amount) {
    float e = 0.35f;
    V q = p * freq;
    float c = vnoise(q);
    V g = v3(vnoise(q + v3(e, 0, 0)) - c, vnoise(q + v3(0, e, 0)) - c, vnoise(q + v3(0, 0, e)) - c) * (amount / e);
    return norm(n - (g - n * dot(g, n)));
}

HD void shadeGround(Surface &s, V p) {
    V q = v3(p.x, SC.groundSeed, p.z);
    float big = fbm(q * 0.35f, 4), mid = fbm(q * 2.1f + v3(3, 0, 9), 4), fine = vnoise(q * 60.f), grit = vnoise(q * 190.f);
    V c = SC.groundCol;
    float k = 0.62f + 0.5f * big + 0.22f * (mid - 0.5f) + 0.12f * (fine - 0.5f) + 0.10f * (grit - 0.5f);
    s.n = v3(0, 1, 0);
    if (SC.groundType == 0) { // concrete slabs with joints, stains and tyre marks
        float jx = fabsf(fractf(p.x / 3.2f + 0.31f) - 0.5f) * 3.2f, jz = fabsf(fractf(p.z / 3.2f + 0.17f) - 0.5f) * 3.2f;
        float slab = hashf((int)floorf(p.x / 3.2f + 0.81f), 7, (int)floorf(p.z / 3.2f + 0.67f));
        k *= 0.93f + 0.14f * slab;
        float joint = fmaxf(smooth(1.588f, 1.594f, jx), smooth(1.588f, 1.594f, jz));
        k *= 1.f - 0.5f * joint;
        float stain = smooth(0.56f, 0.72f, fbm(q * 0.9f + v3(11, 0, 5), 4));
        k *= 1.f - 0.38f * stain;
        float crack = fabsf(fbm(q * 0.8f + v3(1, 0, 2), 5) - 0.47f);
        k *= 1.f - 0.35f * (1.f - smooth(0.001f, 0.006f, crack)) * smooth(0.45f, 0.6f, big);
    } else if (SC.groundType == 1) { // asphalt
        k = 0.75f + 0.35f * big + 0.3f * (grit - 0.5f) + 0.25f * (fine - 0.5f);
        float patch = smooth(0.55f, 0.58f, vnoise(q * 0.3f + v3(5, 0, 1)));
        k *= 1.f - 0.18f * patch;
    } else { // earth and gravel
        float peb = vnoise(q * 22.f) * vnoise(q * 41.f);
        k = 0.6f + 0.6f * big + 0.5f * (mid - 0.5f) + 0.9f * (peb - 0.25f);
        s.n = bump(bump(s.n, q, 3.f, 0.25f), q, 24.f, 0.4f);
        if (SC.groundType == 3) c = mixv(c, v3(0.10f, 0.16f, 0.05f), smooth(0.42f, 0.6f, fbm(q * 0.6f, 4)));
    }
    for (int side = -1; side <= 1; side += 2) { // tyre marks along a gentle bend
        float x0 = 0.6f + 0.35f * sinf(p.z * 0.21f + SC.groundSeed) + side * 0.85f;
        float m = 1.f - smooth(0.09f, 0.16f, fabsf(p.x - x0));
        k *= 1.f - 0.16f * m * (0.4f + 0.6f * mid) * (0.6f + 0.4f * sinf(p.z * 70.f));
    }
    s.alb = c * fmaxf(k, 0.05f);
    s.gloss = 0;
}

HD void shadeStatic(Surface &s, int mat, V col, V lp, V ln, V h, V p) {
    // u runs along the face, v up
    float u = fabsf(ln.x) > 0.5f ? lp.z : lp.x, v = fabsf(ln.y) > 0.5f ? lp.z : lp.y;
    float uh = fabsf(ln.x) > 0.5f ? h.z : h.x, vh = fabsf(ln.y) > 0.5f ? h.z : h.y;
    V tang = fabsf(ln.x) > 0.5f ? v3(0, 0, 1) : v3(1, 0, 0);
    float dirt = fbm(p * 1.3f, 4), grain = vnoise(p * 40.f);
    float low = smooth(0.9f, 0.f, p.y) * 0.25f; // splashed near the ground
    float k = 0.86f + 0.28f * (dirt - 0.5f) + 0.06f * (grain - 0.5f) - low * (0.5f + dirt);
    V c = col;
    s.gloss = 0;
    float bumpU = 0; // slope along u
    switch (mat) {
        case CORRUGATED: {
            bool frame = fabsf(u) > uh - 0.09f || fabsf(v) > vh - 0.09f;
            if (!frame && fabsf(ln.y) < 0.5f) {
                float w = fractf(u / 0.28f);
                bumpU = w < 0.18f ? 0.9f : w > 0.5f && w < 0.68f ? -0.9f : 0.f;
                if (w >= 0.18f && w <= 0.5f) k *= 0.97f;
                else if (w > 0.68f) k *= 0.90f;
            } else k *= 0.88f;
            float rust = smooth(0.60f, 0.74f, fbm(v3(p.x * 1.7f, p.y * 0.5f, p.z * 1.7f), 5));
            c = mixv(c, v3(0.22f, 0.11f, 0.06f), rust * 0.8f);
            s.gloss = 0.25f, s.rough = 0.25f;
            break;
        }
        case BRICK: {
            float row = floorf(v / 0.075f), uu = u / 0.24f + 0.5f * (((int)row) & 1), col0 = floorf(uu);
            float fu = fractf(uu), fv = fractf(v / 0.075f);
            bool mortar = fu < 0.05f || fv < 0.15f;
            float var = hashf((int)col0, (int)row, 3);
            c = mortar ? v3(0.42f, 0.40f, 0.37f) : col * (0.65f + 0.6f * var);
            break;
        }
        case CONCRETE: {
            float streak = fbm(v3(u * 3.f, v * 0.25f, 2.f), 4);
            k *= 0.8f + 0.4f * streak;
            if (fabsf(ln.y) < 0.5f && uh > 1.f) {
                float jx = fractf(u / 2.4f), jy = fractf(v / 1.2f);
                if (jx < 0.008f || jy < 0.012f) k *= 0.6f;
            }
            break;
        }
        case CLADDING: {
            float w = fractf(u / 0.20f);
            bumpU = w < 0.12f ? 0.6f : w < 0.24f ? -0.6f : 0;
            k *= 0.95f + 0.1f * hashf((int)floorf(u / 1.0f), 1, 1);
            s.gloss = 0.1f, s.rough = 0.3f;
            break;
        }
        case ROLLER: {
            float w = fractf(v / 0.12f);
            k *= w < 0.2f ? 0.62f : 0.9f + 0.2f * w;
            break;
        }
        case WOOD: {
            V q = v3(lp.x * (h.x > h.z ? 1.5f : 30.f), lp.y * 30.f, lp.z * (h.x > h.z ? 30.f : 1.5f));
            k *= 0.7f + 0.6f * fbm(q + p * 0.01f + v3(col.x * 50.f, 0, 0), 3);
            break;
        }
        case GLASS:
            c = v3(0.03f, 0.04f, 0.05f);
            if (fabsf(fractf(u / 0.9f) - 0.5f) > 0.46f || fabsf(v) > vh - 0.06f) c = v3(0.5f);
            else s.gloss = 1.2f, s.rough = 0.02f;
            k = 1;
            break;
        case CARTON: {
            float row = floorf(v / 0.34f), uu = u / 0.46f + 0.3f * row;
            float fu = fractf(uu), fv = fractf(v / 0.34f);
            float var = hashf((int)floorf(uu), (int)row, (int)(ln.x * 3 + 5));
            c = col * (0.85f + 0.25f * var);
            if (fu < 0.025f || fv < 0.03f) c = c * 0.45f;
            if (fv > 0.45f && fv < 0.60f) c = c * 1.1f; // tape
            if (var > 0.5f && fu > 0.55f && fu < 0.85f && fv > 0.66f && fv < 0.88f) c = v3(0.7f);
            s.gloss = 0.15f, s.rough = 0.1f;
            break;
        }
        case HAZARD: c = fractf((u + v) / 0.36f) < 0.5f ? v3(0.75f, 0.55f, 0.03f) : v3(0.03f); break;
        case STRIPED: c = fractf(p.y / 0.26f) < 0.5f ? v3(0.8f) : col; break;
        case FOLIAGE: {
            float f = fbm(p * 2.2f, 5);
            c = mixv(v3(0.02f, 0.05f, 0.015f), v3(0.16f, 0.24f, 0.07f), smooth(0.3f, 0.65f, f));
            s.n = bump(s.n, p, 6.f, 2.5f);
            k = 1;
            break;
        }
        case METAL: s.gloss = 0.6f, s.rough = 0.15f; break;
        case GLOW: s.glow = col, c = v3(0.3f), k = 1; break;
        case PROP: k = 1; break;
        default: s.gloss = 0.08f, s.rough = 0.2f; break;
    }
    if (bumpU != 0) s.n = norm(s.n + tang * bumpU);
    s.alb = c * fmaxf(k, 0.05f);
}

HD V clothFold(V n, V p, float seed) {
    V q = p + v3(seed, seed * 0.7f, -seed);
    n = bump(n, v3(q.x, q.y * 0.45f, q.z), 11.f, 0.55f);
    n = bump(n, v3(q.x * 0.6f + q.y * 0.5f, q.y, q.z * 0.6f), 24.f, 0.28f);
    return n;
}

HD void shadePerson(Surface &s, const Person &P, V p) {
    float sc = P.s;
    V q = toLocal(P.head, p - P.headO) / P.hs;
    V a = v3(fabsf(q.x), q.y, q.z);
    float torso = sdTorso(P, p), f0, f1;
    float arm0 = sdArm(P, p, 0, f0), arm1 = sdArm(P, p, 1, f1);
    float fore = fminf(f0, f1), arm = fminf(arm0, arm1);
    float hand = fminf(sdHand(P, p, 0), sdHand(P, p, 1));
    float leg = fminf(sdLeg(P, p, 0), sdLeg(P, p, 1)), boot = fminf(sdBoot(P, p, 0), sdBoot(P, p, 1));
    float neck = sdCap(p, P.neck0, P.neck1, 0.056f * sc, 0.053f * sc), prop = sdProp(P, p);
    HeadParts h = {1e3f, 1e3f, 1e3f, 1e3f, 1e3f, 1e3f};
    V qh = q;
    if (len(p - P.headBallC) < P.headBallR + 0.05f) {
        if (P.helmetState == 1) qh = toLocal(P.helm, p - P.helmO) / P.hs;
        h = headParts(P, q, qh);
    }
    float held = 1e3f;
    if (P.helmetState == 2 && len(p - P.helmO) < 0.3f) {
        qh = toLocal(P.helm, p - P.helmO) / P.hs;
        held = sdHelmet(qh, P.helmetStyle);
    }
    float headMin = fminf(fminf(fminf(h.skin, h.hair), fminf(h.gear, h.strap)), h.glass) * P.hs;
    float bodyMin = fminf(fminf(torso, fminf(fore, arm)), fminf(fminf(hand, leg), fminf(boot, neck)));
    bodyMin = fminf(bodyMin, prop);
    s.gloss = 0, s.rough = 0.3f;
    V skin = P.skin;
    float blotch = fbm(p * 30.f, 3);
    if (held < headMin && held < bodyMin) {
        V c = qh - v3(0, 0.050f, -0.006f);
        bool inside = sdEll(c, v3(0.102f, 0.119f, 0.128f)) < 0;
        s.alb = inside ? v3(0.06f) : P.helmCol;
        s.gloss = inside ? 0.f : 1.f, s.rough = 0.05f;
        return;
    }
    if (headMin < bodyMin) {
        float m = headMin / P.hs + 1e-6f;
        if (h.gear <= m) {
            if (P.helmetState == 1) {
                s.alb = P.helmCol * (0.93f + 0.12f * fbm(qh * 18.f, 3));
                s.gloss = 1.f, s.rough = 0.05f;
                if (P.sticker && qh.z > 0.04f && fabsf(qh.x) < 0.021f && qh.y > 0.083f && qh.y < 0.118f) s.alb = P.stickerCol;
                if (P.sticker == 2 && fabsf(qh.x) > 0.08f && fabsf(qh.z) < 0.03f && qh.y > 0.06f && qh.y < 0.09f) s.alb = P.stickerCol;
                V c = qh - v3(0, 0.050f, -0.006f);
                if (sdEll(c, v3(0.102f, 0.119f, 0.128f)) < 0) s.alb = v3(0.05f), s.gloss = 0;
                return;
            }
            s.alb = P.headgear == HOOD ? P.shirtCol : P.helmCol;
            if (P.headgear == STRAW_HAT) s.alb = s.alb * (0.75f + 0.5f * vnoise(v3(q.x * 160.f, q.y * 320.f, q.z * 160.f)));
            if (P.headgear == STRAW_HAT && P.sticker && q.y > 0.055f && q.y < 0.08f && len(v3(q.x, 0, q.z)) < 0.108f) s.alb = P.stickerCol;
            s.n = P.headgear == BEANIE ? bump(s.n, v3(q.x * 3.f, q.y * 0.6f, q.z * 3.f), 60.f, 0.7f) : bump(s.n, q, 45.f, 0.35f);
            if (P.headgear == CAP && P.sticker && !P.backwards && q.z > 0.05f && a.x < 0.022f && q.y > 0.075f && q.y < 0.11f) s.alb = P.stickerCol;
            return;
        }
        if (h.strap <= m) {
            s.alb = P.muffs && a.x > 0.08f ? (P.headgear == HARDHAT ? v3(0.5f, 0.05f, 0.04f) : P.stickerCol) : P.liner ? P.shirtCol : v3(0.04f);
            return;
        }
        if (h.glass <= m) {
            bool lens = P.glasses == GOGGLES && q.z > 0.095f;
            s.alb = lens ? v3(0.20f, 0.24f, 0.27f) : P.glasses == GOGGLES ? P.stickerCol : v3(0.025f);
            s.gloss = 1.f, s.rough = 0.05f;
            return;
        }
        if (h.hair <= m) {
            float st = fbm(v3(q.x * 90.f, q.y * 25.f, q.z * 60.f), 3);
            s.alb = P.hairCol * (0.55f + 0.9f * st);
            if (P.hair == BUZZ) s.alb = mixv(s.alb, skin, 0.25f);
            if (P.beard && q.z > 0.f && q.y < -0.02f) s.alb = mixv(s.alb, skin, 0.3f + 0.3f * st);
            s.n = bump(s.n, v3(q.x * 2.f, q.y * 0.6f, q.z), 70.f, 0.6f);
            s.gloss = 0.15f, s.rough = 0.3f;
            return;
        }
        // face
        s.alb = skin * (0.88f + 0.24f * blotch);
        float cheek = smooth(0.045f, 0.01f, len(a - v3(0.042f, -0.028f, 0.075f))) + smooth(0.022f, 0.006f, len(q - v3(0, -0.024f, 0.115f)));
        s.alb = mixv(s.alb, skin * v3(1.05f, 0.72f, 0.66f), 0.35f * sat(cheek));
        s.gloss = 0.18f, s.rough = 0.35f;
        if (q.z > 0.03f) {
            float ex = (a.x - 0.031f) / 0.0155f, ey = (q.y - 0.004f) / 0.0065f, er = ex * ex + ey * ey;
            if (er < 1.f) {
                float ir = sqrtf((a.x - 0.031f) * (a.x - 0.031f) + (q.y - 0.004f) * (q.y - 0.004f));
                s.alb = ir < 0.0058f ? v3(0.03f, 0.02f, 0.015f) : v3(0.36f, 0.33f, 0.31f);
                s.gloss = 0.6f, s.rough = 0.05f;
            } else if (er < 2.2f) s.alb = s.alb * 0.62f; // lids and lashes
            float bx = a.x - 0.032f, by = q.y - 0.026f + bx * bx * 8.f;
            if (fabsf(bx) < 0.020f && fabsf(by) < (P.female ? 0.0028f : 0.0045f) && P.hair != BALD) s.alb = mixv(P.hairCol, s.alb, 0.25f);
            float mx = a.x / 0.025f, my = (q.y + 0.060f) / 0.0085f;
            if (mx * mx + my * my < 1.f) s.alb = fabsf(q.y + 0.060f) < 0.0016f ? skin * 0.25f : skin * v3(0.85f, 0.55f, 0.52f);
            if (a.x < 0.011f && fabsf(q.y + 0.036f) < 0.0035f) s.alb = s.alb * 0.55f; // nostrils
            if (!P.beard && !P.female && q.y < -0.035f) s.alb = mixv(s.alb, s.alb * v3(0.72f, 0.72f, 0.78f), 0.5f); // stubble
        }
        if (a.x > 0.074f && q.y > -0.03f && q.y < 0.03f) s.alb = s.alb * v3(0.95f, 0.78f, 0.74f); // ears
        if (P.mask == PALE_MASK || P.mask == DARK_MASK ? q.y < -0.012f && q.y > -0.115f && q.z > 0.025f + a.x * 0.2f : false) s.alb = P.mask == PALE_MASK ? v3(0.75f, 0.80f, 0.84f) : v3(0.05f), s.gloss = 0;
        if (P.mask == BALACLAVA && !(q.z > 0.05f && fabsf(q.y - 0.008f) < 0.020f && a.x < 0.062f)) s.alb = P.stickerCol * (0.8f + 0.4f * blotch), s.gloss = 0;
        if (P.mask == NECKERCHIEF && q.y < -0.018f + 0.15f * fmaxf(q.z, 0.f)) s.alb = P.stickerCol * (0.7f + 0.6f * blotch), s.gloss = 0;
        return;
    }
    if (prop <= bodyMin) {
        V l = toLocal(P.prop, p - P.propO);
        s.alb = P.propCol;
        if (P.hasProp == 2 && fabsf(l.x) < P.propH.x * 0.85f && fabsf(l.y) < P.propH.y * 0.85f && l.z < 0) s.alb = v3(0.78f);
        return;
    }
    if (hand <= bodyMin && hand < arm) {
        s.alb = P.gloves ? v3(0.35f, 0.33f, 0.30f) : skin * (0.85f + 0.2f * blotch);
        return;
    }
    if (neck <= bodyMin + 0.004f && neck < torso) {
        s.alb = skin * 0.92f;
        if (P.headgear == HOOD) s.alb = P.shirtCol;
        if (P.headgear == HEADSCARF) s.alb = P.helmCol;
        if (P.mask >= BALACLAVA) s.alb = P.stickerCol;
        return;
    }
    if (boot <= bodyMin) {
        s.alb = P.bootCol * (0.7f + 0.6f * blotch);
        if (p.y < 0.025f) s.alb = v3(0.03f);
        s.gloss = 0.1f;
        return;
    }
    V cp = toLocal(P.chest, p - P.chestO) / sc;
    bool pants = leg < torso && leg < arm && leg < fore;
    if (!pants && torso <= fminf(arm, fore) && cp.y < -0.335f) pants = true;
    float dirt = fbm(p * 5.f + v3(P.seed), 3);
    if (pants) {
        s.alb = P.pantsCol * (0.75f + 0.5f * dirt);
        s.n = clothFold(s.n, p - P.pelvisO, P.seed);
        if (P.top == JACKET_STRIPES) {
            for (int i = 0; i < 2; i++) {
                float hgt = dot(p - P.ankle[i], norm(P.knee[i] - P.ankle[i])) / sc;
                if (leg == sdLeg(P, p, i) && hgt > 0.20f && hgt < 0.25f) s.alb = v3(0.62f), s.gloss = 0.2f;
            }
        }
        if (cp.y > -0.36f && cp.y < -0.33f) s.alb = v3(0.04f);
        return;
    }
    bool onTorso = torso <= fminf(arm, fore) + 0.012f && fabsf(cp.x) < 0.185f * P.girth;
    V c = P.shirtCol;
    s.n = clothFold(s.n, p - P.chestO, P.seed);
    if (onTorso) {
        if (P.top == VEST) {
            bool neckline = cp.z > 0 && fabsf(cp.x) < 0.02f + 0.35f * fmaxf(cp.y - 0.02f, 0.f);
            bool collar = cp.y > 0.185f && fabsf(cp.x) < 0.075f;
            if (!neckline && !collar) {
                c = P.vestCol;
                float y = cp.y;
                bool strip = (y > -0.235f && y < -0.18f) || (y > -0.105f && y < -0.05f);
                bool braces = fabsf(fabsf(cp.x) - 0.095f) < 0.026f && y > -0.08f;
                if (strip || braces) c = v3(0.66f, 0.67f, 0.68f), s.gloss = 0.35f, s.rough = 0.3f;
                else if (fabsf(cp.x) < 0.006f && cp.z > 0) c = c * 0.6f;
            }
        } else if (P.top == JACKET_STRIPES) {
            if ((cp.y > -0.20f && cp.y < -0.15f) || (fabsf(fabsf(cp.x) - 0.095f) < 0.024f && cp.y > -0.15f)) c = v3(0.64f), s.gloss = 0.3f;
            if (fabsf(cp.x) < 0.006f && cp.z > 0) c = c * 0.5f;
        } else if (cp.z > 0) {
            if (fabsf(cp.x) < 0.007f) c = c * 0.7f;
            if (cp.y > 0.16f && fabsf(cp.x) < 0.05f) c = c * 0.8f;
        }
    } else {
        bool isFore = fore < arm;
        if (isFore && P.bareArms) {
            s.alb = skin * (0.85f + 0.25f * blotch);
            return;
        }
        if (P.top == JACKET_STRIPES) {
            for (int i = 0; i < 2; i++) {
                V ax = norm(P.elbow[i] - P.shoulder[i]);
                float hgt = dot(p - P.shoulder[i], ax) / sc;
                if (!isFore && (i ? arm1 < arm0 : arm0 < arm1) && hgt > 0.13f && hgt < 0.18f) c = v3(0.62f);
            }
        }
    }
    s.alb = c * (0.82f + 0.36f * dirt);
}

HD Surface surface(const Hit &hit, V o, V d, bool plain) { // plain: colours without texture, for light on its way
    Surface s;
    s.p = o + d * hit.t;
    s.rough = 0.3f;
    s.glow = v3(0);
    if (hit.kind == 1) {
        if (plain) s.n = v3(0, 1, 0), s.alb = SC.groundCol * 0.85f, s.gloss = 0;
        else shadeGround(s, s.p);
    } else if (hit.kind == 2) {
        const Box &b = SC.boxes[hit.index];
        s.n = hit.ln; // bumps are applied in the box's own frame
        V ln = hit.ln;
        if (plain) s.alb = b.col * 0.85f, s.gloss = 0;
        else shadeStatic(s, b.mat, b.col, hit.local, ln, b.h, s.p);
        s.n = boxToWorld(b, s.n);
        s.p += boxToWorld(b, ln) * 1e-3f;
        return s;
    } else if (hit.kind == 3) {
        const Cone &c = SC.cones[hit.index];
        s.n = hit.n;
        if (plain) s.alb = c.col * 0.85f, s.gloss = 0;
        else shadeStatic(s, c.mat, c.col, s.p - c.a, hit.n, v3(1e3f), s.p);
    } else if (hit.kind == 5) {
        const Ball &b = SC.balls[hit.index];
        s.n = hit.n;
        if (plain) s.alb = b.col * 0.85f, s.gloss = 0;
        else shadeStatic(s, b.mat, b.col, s.p - b.c, hit.n, v3(1e3f), s.p);
        s.p += hit.n * 1e-3f;
        return s;
    } else if (hit.kind == 6) {
        const LooseHelmet &L = SC.loose[hit.index];
        s.n = looseNormal(L, s.p);
        V q = toLocal(L.frame, s.p - L.o) / L.scale - v3(0, 0.050f, -0.006f);
        bool inside = sdEll(q, v3(0.102f, 0.119f, 0.128f)) < 0;
        s.alb = inside ? v3(0.06f) : L.col * (0.93f + 0.12f * fbm(q * 18.f, 3));
        s.gloss = inside || plain ? 0.f : 1.f, s.rough = 0.05f;
        s.p += s.n * 2.5e-3f;
        return s;
    } else {
        const Person &P = SC.people[hit.index];
        s.n = personNormal(P, s.p, 0.0012f);
        V n = s.n;
        shadePerson(s, P, s.p);
        s.p += n * 2.5e-3f;
        return s;
    }
    s.p += v3(0, hit.kind == 1 ? 1e-3f : 0, 0) + (hit.kind == 3 ? hit.n * 1e-3f : v3(0));
    return s;
}

// ---------------------------------------------------------------- light

HD V sky(V d) {
    float t = sat(d.y);
    V c = mixv(SC.skyHorizon, SC.skyZenith, powf(t, 0.5f));
    if (SC.cloud > 0 && d.y > 0.02f) {
        V q = v3(d.x / (d.y + 0.15f), 0.f, d.z / (d.y + 0.15f)) * 1.3f;
        float m = smooth(0.62f - 0.3f * SC.cloud, 0.85f - 0.3f * SC.cloud, fbm(q, 4) * 1.05f);
        c = mixv(c, (SC.skyHorizon * 1.05f + v3(0.05f)), m * smooth(0.02f, 0.15f, d.y));
    }
    return c;
}
HD void basis(V n, V &t, V &b) {
    t = norm(fabsf(n.y) < 0.9f ? cross(n, v3(0, 1, 0)) : cross(n, v3(1, 0, 0)));
    b = cross(n, t);
}
HD V hemi(V n, float u, float v) {
    V t, b;
    basis(n, t, b);
    float r = sqrtf(u), a = 6.2831853f * v;
    return norm(t * (r * cosf(a)) + b * (r * sinf(a)) + n * sqrtf(fmaxf(1.f - u, 0.f)));
}
HD V sunLight(V p, V n, float u, float v, float &ndl, Rng &r0) {
    V t, b;
    basis(SC.sunDir, t, b);
    float r = SC.sunSize * sqrtf(u), a = 6.2831853f * v;
    V l = norm(SC.sunDir + t * (r * cosf(a)) + b * (r * sinf(a)));
    ndl = dot(n, l);
    if (ndl <= 0 || SC.sunCol.x <= 0) {
        ndl = fmaxf(ndl, 0.f);
        return v3(0);
    }
    Hit h;
    return trace(p, l, 80.f, h, true, 1.5e-3f, r0) ? v3(0) : SC.sunCol;
}

// Light of one lamp, drawn at random and standing for all.
HD V lampLight(V p, V n, float u, Rng &r0, bool shadows) {
    int k = (int)(u * SC.nLamps);
    const Lamp &lamp = SC.lamps[k < SC.nLamps ? k : SC.nLamps - 1];
    V d = lamp.p - p;
    float far = len(d), ndl = dot(n, d) / far;
    if (ndl <= 0) return v3(0);
    Hit h;
    if (shadows && trace(p, d / far, far - 0.06f, h, true, 1.5e-3f, r0)) return v3(0);
    return lamp.col * (SC.nLamps * ndl / fmaxf(far * far, 0.05f));
}

HD V incoming(V o, V d, Rng &r) { // light along a secondary ray: sky, or what is hit with sun and a guess of the sky there
    Hit h;
    float u, v, ndl;
    next2(r, u, v);
    r.level = 2;
    if (!trace(o, d, 60.f, h, false, 2e-3f, r)) return sky(d);
    Surface s = surface(h, o, d, true);
    V l = sunLight(s.p, s.n, u, v, ndl, r);
    V amb = mixv(SC.skyHorizon * 0.35f, SC.skyZenith, 0.5f + 0.5f * s.n.y) * 0.45f;
    V direct = l * ndl;
    if (SC.nLamps) direct += lampLight(s.p, s.n, u, r, false);
    return s.alb * (direct * 0.3183f + amb) + s.glow;
}

HD V radiance(V o, V d, Rng &r) {
    Hit h;
    float u, v, ndl;
    r.level = 1;
    if (!trace(o, d, 300.f, h, false, 7e-4f, r)) return sky(d);
    r.onPerson = h.kind == 4;
    Surface s = surface(h, o, d, false);
    if (dot(s.n, d) > 0) s.n = norm(s.n - d * (1.02f * dot(s.n, d)));
    next2(r, u, v);
    V l = sunLight(s.p, s.n, u, v, ndl, r);
    V c = s.alb * l * (ndl * 0.3183f) + s.glow;
    if (SC.nLamps) {
        next2(r, u, v);
        c += s.alb * lampLight(s.p, s.n, u, r, true) * 0.3183f;
    }
    next2(r, u, v);
    c += s.alb * incoming(s.p, hemi(s.n, u, v), r);
    if (s.gloss > 0) {
        float f = s.gloss * (0.04f + 0.96f * powf(1.f - sat(-dot(s.n, d)), 5.f) * (1.f - s.rough));
        V hv = norm(SC.sunDir - d);
        float e = s.rough < 0.1f ? 350.f : s.rough < 0.2f ? 90.f : 25.f;
        c += l * (s.gloss * (e + 2.f) * 0.04f * 0.04f * powf(sat(dot(hv, s.n)), e) * ndl);
        if (s.rough < 0.2f) {
            V m = d - s.n * (2.f * dot(d, s.n));
            next2(r, u, v);
            m = norm(m + hemi(m, u, v) * (s.rough * 1.5f));
            if (dot(m, s.n) > 0) c = c * (1.f - sat(f)) + incoming(s.p, m, r) * sat(f);
        } else c = c * (1.f - sat(f)) + sky(v3(0, 0.6f, 0)) * sat(f) * 0.6f;
    }
    if (SC.fog > 0) c = mixv(SC.skyHorizon * 0.9f, c, expf(-h.t * SC.fog));
    return c;
}

HD float tone(float x, float contrast) { // filmic curve, then the display's transfer
    x = fmaxf(x, 0.f);
    x = (x * (2.51f * x + 0.03f)) / (x * (2.43f * x + 0.59f) + 0.14f);
    x = powf(sat(x), 1.f / 2.2f);
    return sat(mixf(0.5f, x, contrast));
}

HD V primaryDir(float px, float py) { // px, py in pixels, origin at the top left corner
    float x = (px - SC.w * 0.5f) / (SC.h * 0.5f), y = (SC.h * 0.5f - py) / (SC.h * 0.5f);
    if (SC.fisheye > 0) {
        float r = sqrtf(x * x + y * y), a = r * SC.fisheye, k = r > 1e-5f ? sinf(a) / r : 1.f;
        return norm(SC.fwd * cosf(a) + SC.right * (x * k) + SC.up * (y * k));
    }
    return norm(SC.fwd * SC.focal + SC.right * x + SC.up * y);
}

HD V sample(int px, int py, Rng &r) {
    float u, v;
    r.dim = 0, r.touched = 0, r.onPerson = false;
    next2(r, u, v);
    // a tent a little wider than a pixel: the softness of a camera's lens
    float du = u < 0.5f ? sqrtf(2 * u) - 1 : 1 - sqrtf(2 - 2 * u), dv = v < 0.5f ? sqrtf(2 * v) - 1 : 1 - sqrtf(2 - 2 * v);
    du *= 0.85f, dv *= 0.85f;
    if (SC.shakeX != 0 || SC.shakeY != 0) {
        next2(r, u, v);
        du += (u - 0.5f) * SC.shakeX, dv += (u - 0.5f) * SC.shakeY;
    }
    V c = radiance(SC.eye, primaryDir(px + 0.5f + du, py + 0.5f + dv), r);
    float m = fmaxf(c.x, fmaxf(c.y, c.z));
    return m > 6.f ? c * (6.f / m) : c;
}

// Light at a pixel. With the picture of the empty scene at hand (static camera), only what people change is estimated: paths
// that come near nobody would give the same light again, the others are traced with and without people and differ. A fifth of the
// paths tells which pixels need the rest.
HD V lightAt(int px, int py, const V *empty, bool people) {
    V sum = v3(0);
    int n = 0, first = SC.spp / 5 > 4 ? SC.spp / 5 : 4, limit = empty && SC.spp > first ? first : SC.spp, still = 0;
    Rng r;
    r.seed = hash32(SC.seed * 0x9e3779b9u + (uint32_t)(py * SC.w + px));
    for (; n < limit; n++) {
        r.index = (uint32_t)n, r.people = people;
        V c = empty ? v3(0) : sample(px, py, r);
        if (empty) {
            V with = sample(px, py, r);
            if (r.touched & 1) limit = SC.spp;
            else if (r.touched) limit = limit > SC.spp * 3 / 8 ? limit : SC.spp * 3 / 8;
            if (r.onPerson) c = with;
            else {
                still++;
                if (r.touched) {
                    r.people = false;
                    c = with - sample(px, py, r);
                }
            }
        }
        sum += c;
    }
    V c = sum / (float)n;
    if (empty) c += empty[py * SC.w + px] * ((float)still / n);
    return c;
}

HD void develop(int px, int py, V c, unsigned char *rgb) { // exposure, lens, tone, sensor
    c = v3(fmaxf(c.x, 0), fmaxf(c.y, 0), fmaxf(c.z, 0)) * SC.exposure * SC.whiteBalance;
    float vx = (px + 0.5f) / SC.w - 0.5f, vy = (py + 0.5f) / SC.h - 0.5f;
    c = c * (1.f - SC.vignette * (vx * vx + vy * vy) * 2.f);
    c = v3(tone(c.x, SC.contrast), tone(c.y, SC.contrast), tone(c.z, SC.contrast));
    float y = 0.2126f * c.x + 0.7152f * c.y + 0.0722f * c.z;
    c = mixv(v3(y), c, SC.saturation);
    if (SC.rain > 0) { // streaks before the lens, slanting
        for (int layer = 0; layer < 2; layer++) {
            float wide = layer ? 3.f : 6.f, u = (px + 0.18f * py) / wide, col = floorf(u);
            float off = hashf((int)col, layer, (int)SC.seed), v = (py + off * 900.f) / (layer ? 38.f : 90.f), row = floorf(v);
            if (hashf((int)col, (int)row, (int)SC.seed + 7) > 0.07f) continue;
            float across = 1.f - fabsf(fractf(u) - 0.5f) * 2.f, along = sinf(3.14159f * fractf(v));
            c = mixv(c, v3(0.80f, 0.82f, 0.85f), SC.rain * across * along);
        }
    }
    float n[3] = {0, 0, 0};
    if (SC.noise > 0)
        for (int k = 0; k < 3; k++) {
            float a = hashf(px, py, (int)SC.seed * 8 + k * 2) + 1e-6f, b = hashf(px, py, (int)SC.seed * 8 + k * 2 + 1);
            n[k] = SC.noise * sqrtf(-2.f * logf(a)) * cosf(6.2831853f * b);
        }
    float l = n[0] * 0.8f;
    rgb[0] = (unsigned char)(255.f * sat(c.x + l + 0.5f * n[1]) + 0.5f);
    rgb[1] = (unsigned char)(255.f * sat(c.y + l) + 0.5f);
    rgb[2] = (unsigned char)(255.f * sat(c.z + l + 0.5f * n[2]) + 0.5f);
}

// Per person: pixels of the head alone, pixels of it that nothing hides, its extent in half pixels.
struct HeadCount {
    int all, seen, x0, y0, x1, y1;
};
constexpr int MASK_MARGIN = 64, MASK_SUB = 2;

HD int headsAt(int sx, int sy, float *t, int *visible) { // sub-pixel sx, sy; returns a mask of people whose head is on the ray
    V d = primaryDir((sx + 0.5f) / MASK_SUB, (sy + 0.5f) / MASK_SUB);
    int mask = 0;
    for (int i = 0; i < SC.nPeople; i++) {
        t[i] = marchHead(SC.people[i], SC.eye, d, 300.f);
        if (t[i] > 0) mask |= 1 << i;
    }
    *visible = 0;
    if (!mask) return 0;
    Hit h;
    Rng r = {};
    r.people = true;
    trace(SC.eye, d, 300.f, h, false, 7e-4f, r);
    for (int i = 0; i < SC.nPeople; i++)
        if ((mask >> i & 1) && t[i] <= h.t + 0.012f) *visible |= 1 << i;
    return mask;
}
