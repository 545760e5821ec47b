// The rendered yard: people, scenes, the script of the demo clip, random stills, and the command line.
//   nvcc -O3 -arch=sm_90 -Xcompiler -fopenmp -o yard yard.cu        (GPU)
//   g++ -O3 -march=native -fopenmp -x c++ -o yard yard.cu           (CPU, the same pictures, slowly)
#include "trace.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

static const float PI = 3.14159265f;

// ---------------------------------------------------------------- building blocks of a scene

static Scene &S = hScene;

static void beginGroup() {
    if (S.nGroups >= MAX_GROUPS) fprintf(stderr, "too many groups\n"), exit(2);
    Group &g = S.groups[S.nGroups];
    g.b0 = S.nBoxes, g.c0 = S.nCones, g.e0 = S.nBalls;
}
static void endGroup() {
    Group &g = S.groups[S.nGroups++];
    g.b1 = S.nBoxes, g.c1 = S.nCones, g.e1 = S.nBalls;
    g.lo = v3(1e9f), g.hi = v3(-1e9f);
    for (int i = g.b0; i < g.b1; i++) {
        const Box &b = S.boxes[i];
        float ex = fabsf(b.cy) * b.h.x + fabsf(b.sy) * b.h.z, ez = fabsf(b.sy) * b.h.x + fabsf(b.cy) * b.h.z;
        g.lo = v3(fminf(g.lo.x, b.c.x - ex), fminf(g.lo.y, b.c.y - b.h.y), fminf(g.lo.z, b.c.z - ez));
        g.hi = v3(fmaxf(g.hi.x, b.c.x + ex), fmaxf(g.hi.y, b.c.y + b.h.y), fmaxf(g.hi.z, b.c.z + ez));
    }
    for (int i = g.c0; i < g.c1; i++) {
        const Cone &c = S.cones[i];
        float r = fmaxf(c.ra, c.rb);
        V lo = v3(fminf(c.a.x, c.b.x) - r, fminf(c.a.y, c.b.y) - r, fminf(c.a.z, c.b.z) - r);
        V hi = v3(fmaxf(c.a.x, c.b.x) + r, fmaxf(c.a.y, c.b.y) + r, fmaxf(c.a.z, c.b.z) + r);
        g.lo = v3(fminf(g.lo.x, lo.x), fminf(g.lo.y, lo.y), fminf(g.lo.z, lo.z));
        g.hi = v3(fmaxf(g.hi.x, hi.x), fmaxf(g.hi.y, hi.y), fmaxf(g.hi.z, hi.z));
    }
    for (int i = g.e0; i < g.e1; i++) {
        V lo = S.balls[i].c - S.balls[i].r, hi = S.balls[i].c + S.balls[i].r;
        g.lo = v3(fminf(g.lo.x, lo.x), fminf(g.lo.y, lo.y), fminf(g.lo.z, lo.z));
        g.hi = v3(fmaxf(g.hi.x, hi.x), fmaxf(g.hi.y, hi.y), fmaxf(g.hi.z, hi.z));
    }
    g.lo = g.lo - v3(1e-3f), g.hi = g.hi + v3(1e-3f);
}
static void box(V c, V size, float yaw, int mat, V col) {
    if (S.nBoxes >= MAX_BOXES) fprintf(stderr, "too many boxes\n"), exit(2);
    S.boxes[S.nBoxes++] = {c, size * 0.5f, cosf(yaw), sinf(yaw), mat, col};
}
// A box given relative to a base point and yaw: dx to its right, dz to its front.
static V at(float x, float z, float yaw, float dx, float y, float dz) {
    return v3(x + cosf(yaw) * dx + sinf(yaw) * dz, y, z - sinf(yaw) * dx + cosf(yaw) * dz);
}
static void cone(V a, V b, float ra, float rb, int mat, V col) {
    if (S.nCones >= MAX_CONES) fprintf(stderr, "too many cones\n"), exit(2);
    S.cones[S.nCones++] = {a, b, ra, rb, mat, col};
}
static void ball(V c, V r, float cut, int mat, V col) {
    if (S.nBalls >= MAX_BALLS) fprintf(stderr, "too many balls\n"), exit(2);
    S.balls[S.nBalls++] = {c, r, cut, mat, col};
}

static void container(float x, float z, float yaw, float length, V col) {
    beginGroup();
    box(v3(x, 1.30f, z), v3(length, 2.58f, 2.44f), yaw, CORRUGATED, col);
    for (int i = -1; i <= 1; i += 2)
        for (int k = -1; k <= 1; k += 2)
            box(at(x, z, yaw, i * (length / 2 - 0.06f), 1.30f, k * 1.18f), v3(0.16f, 2.62f, 0.14f), yaw, PLAIN, col * 0.75f);
    for (int k = -1; k <= 1; k += 2) {
        box(at(x, z, yaw, 0, 0.08f, k * 1.19f), v3(length, 0.16f, 0.10f), yaw, PLAIN, col * 0.6f);
        box(at(x, z, yaw, 0, 2.56f, k * 1.19f), v3(length, 0.11f, 0.10f), yaw, PLAIN, col * 0.75f);
    }
    for (int i = 0; i < 4; i++) { // lock rods of the doors
        V p = at(x, z, yaw, -length / 2 - 0.03f, 0, -0.9f + 0.6f * i);
        cone(v3(p.x, 0.1f, p.z), v3(p.x, 2.5f, p.z), 0.02f, 0.02f, METAL, v3(0.4f));
    }
    endGroup();
}
static void pallet(float x, float y, float z, float yaw, V col) {
    for (int i = -1; i <= 1; i++) box(at(x, z, yaw, 0, y + 0.05f, i * 0.35f), v3(1.2f, 0.09f, 0.1f), yaw, WOOD, col * 0.8f);
    for (int i = -2; i <= 2; i++) box(at(x, z, yaw, i * 0.265f, y + 0.115f, 0), v3(0.14f, 0.024f, 0.8f), yaw, WOOD, col);
}
static void palletStack(float x, float z, float yaw, int n) {
    beginGroup();
    for (int i = 0; i < n; i++) pallet(x, i * 0.135f, z, yaw + 0.05f * sinf(i * 2.1f), v3(0.40f, 0.30f, 0.19f) * (0.85f + 0.2f * hashf(i, 1, 2)));
    endGroup();
}
static void cartons(float x, float z, float yaw, float height, V col, int mat) {
    beginGroup();
    float y = 0, rest = height;
    for (int i = 0; rest > 0.2f; i++) {
        float h = fminf(rest, 1.02f);
        pallet(x, y, z, yaw + 0.03f * i, v3(0.42f, 0.31f, 0.2f));
        box(v3(x, y + 0.13f + h / 2, z), v3(1.16f, h, 0.82f), yaw + 0.03f * i, mat, col);
        y += 0.13f + h, rest -= h + 0.13f;
    }
    endGroup();
}
static void drums(float x, float z, int n, V a, V b) {
    beginGroup();
    for (int i = 0; i < n; i++) {
        float dx = (i % 2) * 0.63f + 0.1f * (i / 2), dz = (i / 2) * 0.62f;
        V c = i % 2 ? a : b;
        V p = v3(x + dx, 0, z + dz);
        cone(p, p + v3(0, 0.88f, 0), 0.29f, 0.29f, METAL, c);
        for (int k = 0; k < 4; k++) {
            float y = 0.02f + 0.28f * k;
            cone(p + v3(0, y, 0), p + v3(0, y + 0.03f, 0), 0.30f, 0.30f, METAL, c * 0.8f);
        }
    }
    endGroup();
}
static void trafficCone(float x, float z) {
    V o = v3(0.75f, 0.16f, 0.03f);
    box(v3(x, 0.02f, z), v3(0.36f, 0.04f, 0.36f), 0.3f, PLAIN, v3(0.05f));
    cone(v3(x, 0.04f, z), v3(x, 0.70f, z), 0.13f, 0.03f, PLAIN, o);
    cone(v3(x, 0.26f, z), v3(x, 0.38f, z), 0.102f, 0.082f, PLAIN, v3(0.8f));
    cone(v3(x, 0.48f, z), v3(x, 0.56f, z), 0.067f, 0.055f, PLAIN, v3(0.8f));
}
static void timber(float x, float z, float yaw, int rows, int layers) {
    beginGroup();
    for (int l = 0; l < layers; l++)
        for (int i = 0; i < rows; i++) {
            float dz = (i - (rows - 1) * 0.5f) * 0.135f, k = hashf(i, l, 5);
            box(at(x, z, yaw, 0.2f * (k - 0.5f), 0.16f + l * 0.125f, dz), v3(2.8f, 0.11f, 0.12f), yaw, WOOD,
                    v3(0.52f, 0.39f, 0.23f) * (0.8f + 0.35f * k));
        }
    for (int i = -1; i <= 1; i += 2) box(at(x, z, yaw, i * 1.0f, 0.05f, 0), v3(0.1f, 0.1f, 0.14f * rows), yaw, WOOD, v3(0.35f, 0.26f, 0.17f));
    endGroup();
}
static void barrier(float x, float z, float yaw, V col) { // concrete road barrier
    box(at(x, z, yaw, 0, 0.13f, 0), v3(2.0f, 0.26f, 0.56f), yaw, CONCRETE, col);
    box(at(x, z, yaw, 0, 0.40f, 0), v3(2.0f, 0.32f, 0.34f), yaw, CONCRETE, col);
    box(at(x, z, yaw, 0, 0.69f, 0), v3(2.0f, 0.28f, 0.22f), yaw, CONCRETE, col);
}
static void pipes(float x, float z, float yaw, V col) {
    beginGroup();
    for (int l = 0, n = 5; l < 3; l++, n--)
        for (int i = 0; i < n; i++) {
            float dz = (i - (n - 1) * 0.5f) * 0.31f;
            cone(at(x, z, yaw, -1.6f, 0.16f + l * 0.265f, dz), at(x, z, yaw, 1.6f, 0.16f + l * 0.265f, dz), 0.15f, 0.15f, PLAIN, col);
        }
    endGroup();
}
static void fence(float x0, float x1, float z, V col) { // welded mesh fence seen from afar: posts and rails
    beginGroup();
    for (float x = x0; x <= x1; x += 2.5f) box(v3(x, 1.0f, z), v3(0.06f, 2.0f, 0.06f), 0, METAL, col);
    for (int i = 0; i < 4; i++) box(v3((x0 + x1) / 2, 0.25f + 0.55f * i, z), v3(x1 - x0, 0.03f, 0.03f), 0, METAL, col);
    endGroup();
}
static void scaffold(float x, float z, float yaw, int bays) {
    beginGroup();
    V m = v3(0.45f, 0.46f, 0.48f);
    for (int b = 0; b <= bays; b++)
        for (int k = 0; k < 2; k++) {
            V p = at(x, z, yaw, b * 2.2f, 0, k * 0.9f);
            cone(p, p + v3(0, 5.5f, 0), 0.026f, 0.026f, METAL, m);
        }
    for (int l = 1; l <= 2; l++) {
        box(at(x, z, yaw, bays * 1.1f, l * 2.1f, 0.45f), v3(bays * 2.2f, 0.05f, 0.85f), yaw, WOOD, v3(0.45f, 0.34f, 0.2f));
        for (int k = 0; k < 2; k++)
            cone(at(x, z, yaw, 0, l * 2.1f + 1.0f, 0), at(x, z, yaw, bays * 2.2f, l * 2.1f + 1.0f, 0), 0.024f, 0.024f, METAL, m);
    }
    endGroup();
}
static void sacks(float x, float z, float yaw, int layers, V col) {
    beginGroup();
    pallet(x, 0, z, yaw, v3(0.4f, 0.3f, 0.2f));
    for (int l = 0; l < layers; l++)
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < 2; k++)
                box(at(x, z, yaw, (i - 0.5f) * 0.57f + 0.02f * (l % 2), 0.19f + l * 0.115f, (k - 0.5f) * 0.4f), v3(0.55f, 0.11f, 0.385f),
                        yaw + 0.05f * sinf(l * 3.f + i + 2 * k), PLAIN, col * (0.9f + 0.15f * hashf(i, l, k)));
    endGroup();
}

// ---------------------------------------------------------------- people

struct Look {
    float height = 1.76f, girth = 1, headScale = 1;
    int headgear = BARE, hair = SHORT, top = VEST, bareArms = 0, strap = 0, mask = 0, beard = 0, sticker = 0, gloves = 0, muffs = 0, female = 0,
        glasses = 0, backwards = 0, liner = 0, helmetStyle = PEAKED;
    V skin = {0.46f, 0.29f, 0.21f}, hairCol = {0.03f, 0.02f, 0.015f}, helm = {0.8f, 0.8f, 0.8f}, stickerCol = {0.05f, 0.1f, 0.4f},
      shirt = {0.1f, 0.12f, 0.2f}, vest = {0.85f, 0.22f, 0.03f}, pants = {0.06f, 0.08f, 0.14f}, boots = {0.08f, 0.06f, 0.04f};
    float helmTilt = 0; // backwards
    float seed = 0;
};
struct Pose {
    float x = 0, z = 0, yaw = 0;
    float phase = 0, walk = 0, stride = 1.25f;
    float lean = 0.03f, twist = 0, crouch = 0, sway = 0;
    float headYaw = 0, headPitch = 0.05f, headRoll = 0;
    V hand[2] = {}; // wanted wrist, root frame, for a body of scale 1
    float handW[2] = {0, 0};
    float rest[2] = {0, 0}; // relaxed forward swing of the arms
    float off = -1;         // helmet: < 0 worn, else 0..1 on its way from the head to hanging from hand 1
    int prop = 0;
    V propCol = {0.3f, 0.2f, 0.1f};
};

static M3 turn(M3 b, float yaw, float pitch, float roll) { // right, down and to the right positive
    V z = b.z * cosf(yaw) + b.x * sinf(yaw), x = b.x * cosf(yaw) - b.z * sinf(yaw), y = b.y;
    V z2 = z * cosf(pitch) - y * sinf(pitch), y2 = y * cosf(pitch) + z * sinf(pitch);
    return {x * cosf(roll) - y2 * sinf(roll), y2 * cosf(roll) + x * sinf(roll), z2};
}
static M3 orthonormal(M3 m) {
    V z = norm(m.z), x = norm(m.x - z * dot(m.x, z));
    return {x, cross(z, x), z};
}
static V bend(V a, V &target, float l1, float l2, V pole) { // two-bone chain: the middle joint; target is pulled into reach
    V d = target - a;
    float n = len(d), r = clampf(n, fabsf(l1 - l2) + 0.01f, (l1 + l2) * 0.998f);
    d = d / fmaxf(n, 1e-6f);
    target = a + d * r;
    float c = (l1 * l1 - l2 * l2 + r * r) / (2 * r), h = sqrtf(fmaxf(l1 * l1 - c * c, 0.f));
    V q = norm(pole - d * dot(pole, d));
    return a + d * c + q * h;
}

static Person build(const Look &k, const Pose &p) {
    Person P;
    memset(&P, 0, sizeof P);
    float s = k.height / 1.76f, w = p.walk;
    P.s = s, P.hs = k.headScale * (0.6f + 0.4f * s), P.girth = k.girth;
    P.headgear = k.headgear, P.hair = k.hair, P.top = k.top, P.bareArms = k.bareArms, P.strap = k.strap, P.mask = k.mask;
    P.beard = k.beard, P.sticker = k.sticker, P.gloves = k.gloves, P.muffs = k.muffs, P.female = k.female, P.seed = k.seed;
    P.glasses = k.glasses, P.backwards = k.backwards, P.liner = k.liner, P.helmetStyle = k.helmetStyle;
    P.skin = k.skin, P.hairCol = k.hairCol, P.helmCol = k.helm, P.stickerCol = k.stickerCol, P.shirtCol = k.shirt, P.vestCol = k.vest;
    P.pantsCol = k.pants, P.bootCol = k.boots;
    V U = v3(0, 1, 0), F = v3(sinf(p.yaw), 0, cosf(p.yaw)), R = v3(cosf(p.yaw), 0, -sinf(p.yaw)), root = v3(p.x, 0, p.z);
    M3 body = {R, U, F};
    auto world = [&](V l) { return root + (R * l.x + U * l.y + F * l.z) * s; };
    float ph = 2 * PI * p.phase;
    float hipY = 0.925f - w * (0.035f + 0.02f * cosf(2 * ph)) - p.crouch - 0.012f * (1 - w);
    P.pelvis = turn(body, 0.10f * w * cosf(ph) + 0.3f * p.twist, p.lean * 0.4f, 0.03f * w * sinf(ph) + 0.4f * p.sway);
    P.pelvisO = world(v3(0.015f * w * sinf(ph) + 0.03f * p.sway, hipY + 0.06f, -0.25f * p.crouch - 0.18f * fmaxf(p.lean - 0.1f, 0.f)));
    for (int i = 0; i < 2; i++) {
        float side = i ? 1.f : -1.f;
        P.hip[i] = P.pelvisO + P.pelvis.x * (side * 0.088f * s) - P.pelvis.y * (0.05f * s);
        float u = fractf(p.phase + 0.5f * i), fz, fy = 0, pitch;
        if (u < 0.6f) {
            float t = u / 0.6f;
            fz = 0.3f * p.stride / s * (1 - 2 * t);
            pitch = t < 0.15f ? -0.30f * (1 - t / 0.15f) : t > 0.6f ? 0.85f * powf((t - 0.6f) / 0.4f, 1.5f) : 0;
        } else {
            float t = (u - 0.6f) / 0.4f, e = t * t * (3 - 2 * t);
            fz = 0.3f * p.stride / s * (2 * e - 1);
            fy = 0.07f * sinf(PI * t);
            pitch = mixf(0.85f, -0.30f, smooth(0, 0.9f, t));
        }
        fz = mixf(i ? 0.05f : -0.04f, fz, w), fy *= w, pitch *= w;
        float lift = pitch > 0 ? 0.14f * sinf(pitch) : 0.02f * -pitch;
        float out = side * (0.095f + 0.03f * (1 - w) + 0.12f * p.crouch);
        V ankle = world(v3(out, 0.095f + fy + lift, fz - 0.03f + (pitch > 0 ? 0.12f * (1 - cosf(pitch)) : 0)));
        P.knee[i] = bend(P.hip[i], ankle, 0.43f * s, 0.425f * s, F + R * (side * (0.12f + 0.8f * p.crouch)));
        P.ankle[i] = ankle;
        V toeDir = norm(F * cosf(pitch) - U * sinf(pitch) + R * (side * 0.15f)), down = norm(cross(toeDir, R) * -1.f);
        if (down.y > 0) down = -down;
        P.heel[i] = ankle + down * (0.052f * s) - toeDir * (0.03f * s);
        P.toe[i] = ankle + down * (0.055f * s) + toeDir * (0.165f * s);
    }
    P.hipTop = P.pelvisO.y + 0.05f * s;
    P.chest = turn(body, p.twist - 0.09f * w * cosf(ph), p.lean + 0.02f * w, -0.02f * w * sinf(ph) - 0.5f * p.sway);
    P.chestO = P.pelvisO + norm(P.chest.y + P.pelvis.y) * (0.265f * s);
    P.neck0 = P.chestO + P.chest.y * (0.19f * s) - P.chest.z * (0.012f * s);
    // the head keeps nearly upright while the body leans
    M3 neutral = turn(body, 0.5f * p.twist, p.lean * 0.55f, 0);
    P.head = turn(neutral, p.headYaw, p.headPitch, p.headRoll);
    V neckUp = norm(P.head.y + P.chest.y * 1.5f);
    P.headO = P.neck0 + neckUp * (0.185f * s) + P.head.z * (0.022f * s) + P.chest.z * (0.01f * s);
    P.neck1 = P.headO - P.head.y * (0.05f * P.hs) - P.head.z * (0.022f * P.hs);
    P.helm = turn(P.head, 0, -k.helmTilt, 0), P.helmO = P.headO;
    P.helmetState = k.headgear == HARDHAT ? 1 : 0;
    for (int i = 0; i < 2; i++) {
        float side = i ? 1.f : -1.f;
        P.shoulder[i] = P.chestO + P.chest.y * (0.150f * s) + P.chest.x * (side * 0.172f * s * (0.7f + 0.3f * k.girth) * (k.female ? 0.92f : 1.f));
        float u = fractf(p.phase + 0.5f * i);
        float th = w * (-0.42f * cosf(2 * PI * u) + 0.02f) + p.rest[i] + p.lean * 0.2f, ab = 0.13f + 0.05f * (k.girth - 1);
        float el = 0.28f + w * (0.20f + 0.22f * sat(-cosf(2 * PI * u))) + 0.25f * p.rest[i];
        V d1 = R * (side * sinf(ab)) - U * (cosf(ab) * cosf(th)) + F * (cosf(ab) * sinf(th));
        V d2 = R * (side * sinf(ab) * 0.1f) - U * cosf(th + el) + F * sinf(th + el);
        V elbow = P.shoulder[i] + d1 * (0.285f * s), wrist = elbow + norm(d2) * (0.25f * s);
        if (p.handW[i] > 0) {
            V target = mixv(wrist, world(p.hand[i]), p.handW[i]);
            elbow = bend(P.shoulder[i], target, 0.285f * s, 0.25f * s, norm(R * (side * 0.55f) - U * 0.8f - F * 0.35f));
            wrist = target;
        }
        P.elbow[i] = elbow, P.wrist[i] = wrist;
        P.palm[i] = wrist + norm(norm(wrist - elbow) + (p.handW[i] > 0 ? U * 0.15f * p.handW[i] : v3(0))) * (0.075f * s);
    }
    if (p.off >= 0) { // helmet on its way from head to hand: anchored at its peak once the hand carries it
        const V peak = v3(0.01f, 0.035f, 0.165f);
        M3 hang = orthonormal({-F * 1.0f - U * 0.1f, R * 1.0f, U * 0.95f - R * 0.2f});
        hang = orthonormal({hang.x, hang.y, hang.z});
        float t = smooth(0.15f, 0.95f, p.off);
        M3 m = orthonormal({mixv(P.helm.x, hang.x, t), mixv(P.helm.y, hang.y, t), mixv(P.helm.z, hang.z, t)});
        V grip = P.palm[1] + norm(P.palm[1] - P.wrist[1]) * (0.02f * s);
        V carried = grip - toWorld(m, peak) * P.hs;
        P.helmO = mixv(P.headO, carried, smooth(0.f, 0.12f, p.off));
        P.helm = m;
        float apart = dot(P.helmO - P.headO, P.head.y);
        P.helmetState = p.off > 0.06f || apart > 0.05f ? 2 : 1;
    }
    bool big = P.hair == LONG || P.hair == PONYTAIL || P.hair == BUN || P.hair == AFRO || P.headgear == HOOD || P.headgear > HOOD || P.helmetStyle == FULL_BRIM;
    P.headBallC = P.headO + P.head.y * (0.025f * P.hs) + P.head.z * ((big ? -0.01f : 0.015f) * P.hs);
    P.headBallR = (P.headgear == STRAW_HAT ? 0.26f : big ? 0.235f : 0.205f) * P.hs;
    if (p.prop) {
        P.hasProp = p.prop, P.propCol = p.propCol;
        V mid = (P.palm[0] + P.palm[1]) * 0.5f;
        if (p.prop == 1) P.prop = body, P.propH = v3(0.20f, 0.14f, 0.14f), P.propO = mid + F * 0.10f + U * 0.03f; // a box
        else P.prop = turn(body, 0, -0.9f, 0), P.propH = v3(0.12f, 0.16f, 0.008f), P.propO = mid + F * 0.06f + U * 0.05f; // a clipboard
    }
    P.lo = v3(1e9f), P.hi = v3(-1e9f);
    auto grow = [&](V q, float r) {
        P.lo = v3(fminf(P.lo.x, q.x - r), fminf(P.lo.y, q.y - r), fminf(P.lo.z, q.z - r));
        P.hi = v3(fmaxf(P.hi.x, q.x + r), fmaxf(P.hi.y, q.y + r), fmaxf(P.hi.z, q.z + r));
    };
    grow(P.headBallC, P.headBallR + 0.01f);
    grow(P.chestO, 0.24f * s * fmaxf(1.f, k.girth)), grow(P.pelvisO, 0.19f * s * fmaxf(1.f, k.girth));
    for (int i = 0; i < 2; i++) {
        grow(P.shoulder[i], 0.08f * s), grow(P.elbow[i], 0.07f * s), grow(P.palm[i], 0.06f * s), grow(P.hip[i], 0.11f * s);
        grow(P.knee[i], 0.09f * s), grow(P.ankle[i], 0.08f * s), grow(P.toe[i], 0.06f * s), grow(P.heel[i], 0.06f * s);
    }
    if (P.helmetState == 2) grow(P.helmO, 0.24f);
    if (P.hasProp) grow(P.propO, len(P.propH) + 0.02f);
    return P;
}

// ---------------------------------------------------------------- arm gestures (hand targets, root frame)

enum Gesture { NONE, PHONE, CLIPBOARD, POINT, CARRY, HIPS, WIPE, WAVE, TALK, FOLDED, BEND };
static void gesture(Pose &p, int g, float w, float t) {
    V a = v3(0), b = v3(0); // left, right
    float wa = 0, wb = 0;
    switch (g) {
        case PHONE: b = v3(0.13f, 1.50f, 0.08f), wb = 1, p.headRoll += 0.1f * w; break;
        case CLIPBOARD: a = v3(-0.10f, 1.07f, 0.27f), b = v3(0.12f, 1.10f + 0.015f * sinf(5 * t), 0.27f), wa = wb = 1, p.headPitch += 0.20f * w; break;
        case POINT: b = v3(0.30f, 1.38f + 0.02f * sinf(3 * t), 0.45f), wb = 1; break;
        case CARRY: a = v3(-0.19f, 1.05f, 0.24f), b = v3(0.19f, 1.05f, 0.24f), wa = wb = 1; break;
        case HIPS: a = v3(-0.20f, 1.02f, 0.06f), b = v3(0.20f, 1.02f, 0.06f), wa = wb = 1; break;
        case WIPE: a = v3(-0.06f, 1.66f, 0.16f), wa = 1; break;
        case WAVE: b = v3(0.38f + 0.06f * sinf(9 * t), 1.72f, 0.15f), wb = 1; break;
        case TALK:
            a = v3(-0.20f, 1.08f + 0.05f * sinf(4.1f * t), 0.28f), b = v3(0.20f + 0.05f * sinf(3.3f * t), 1.15f + 0.07f * sinf(5.2f * t + 1), 0.30f);
            wa = wb = 1;
            break;
        case FOLDED: a = v3(0.07f, 1.16f, 0.20f), b = v3(-0.07f, 1.13f, 0.22f), wa = wb = 1; break;
        case BEND: a = v3(-0.16f, 0.62f, 0.45f), b = v3(0.16f, 0.62f, 0.45f), wa = wb = 1, p.lean += 0.65f * w, p.crouch += 0.12f * w; break;
        default: return;
    }
    if (wa * w > p.handW[0]) p.hand[0] = a, p.handW[0] = wa * w;
    if (wb * w > p.handW[1]) p.hand[1] = b, p.handW[1] = wb * w;
}

#include "clip.h"
#include "yard_clip.h"
#include "ramp_clip.h"
#include "stills.h"

// ---------------------------------------------------------------- rendering

static std::vector<unsigned char> picture;

#ifdef __CUDACC__
static void check(cudaError_t e, const char *what) {
    if (e != cudaSuccess) fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(e)), exit(3);
}
#ifndef MIN_BLOCKS
#define MIN_BLOCKS 6
#endif
__device__ void loadScene(const Scene *scene) {
    extern __shared__ __align__(16) unsigned char raw[];
    static_assert(sizeof(Scene) % 4 == 0 && sizeof(Scene) <= 48 * 1024, "fits shared memory");
    const uint32_t *from = reinterpret_cast<const uint32_t *>(scene);
    for (int i = threadIdx.x; i < (int)(sizeof(Scene) / 4); i += blockDim.x) reinterpret_cast<uint32_t *>(raw)[i] = from[i];
    __syncthreads();
}
// 128 threads work on 16x8 pixels, each warp on 8x4 of them.
__device__ void pixelOf(int &x, int &y) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    x = blockIdx.x * 16 + (warp & 1) * 8 + (lane & 7), y = blockIdx.y * 8 + (warp >> 1) * 4 + (lane >> 3);
}
__global__ void __launch_bounds__(128, MIN_BLOCKS) renderKernel(const Scene *scene, V *light, const V *empty, bool people) {
    loadScene(scene);
    int x, y;
    pixelOf(x, y);
    if (x < SC.w && y < SC.h) light[y * SC.w + x] = lightAt(x, y, empty, people);
}
__global__ void __launch_bounds__(128) developKernel(const Scene *scene, const V *light, unsigned char *rgb) {
    loadScene(scene);
    int x, y;
    pixelOf(x, y);
    if (x < SC.w && y < SC.h) develop(x, y, light[y * SC.w + x], rgb + 3 * (y * SC.w + x));
}
__global__ void __launch_bounds__(128) headsKernel(const Scene *scene, HeadCount *count) {
    loadScene(scene);
    int sx, sy;
    pixelOf(sx, sy);
    sx -= MASK_MARGIN * MASK_SUB, sy -= MASK_MARGIN * MASK_SUB;
    if (sx >= (SC.w + MASK_MARGIN) * MASK_SUB || sy >= (SC.h + MASK_MARGIN) * MASK_SUB) return;
    float t[MAX_PEOPLE];
    int vis, mask = headsAt(sx, sy, t, &vis);
    bool inside = sx >= 0 && sy >= 0 && sx < SC.w * MASK_SUB && sy < SC.h * MASK_SUB;
    for (int i = 0; i < SC.nPeople; i++)
        if (mask >> i & 1) {
            atomicAdd(&count[i].all, 1);
            if (inside && (vis >> i & 1)) atomicAdd(&count[i].seen, 1);
            atomicMin(&count[i].x0, sx), atomicMin(&count[i].y0, sy), atomicMax(&count[i].x1, sx + 1), atomicMax(&count[i].y1, sy + 1);
        }
}
#endif

#ifdef __CUDACC__
static const Scene *sceneOnDevice() {
    static Scene *d = nullptr;
    if (!d) check(cudaMalloc(&d, sizeof S), "memory for the scene");
    check(cudaMemcpy(d, &S, sizeof S, cudaMemcpyHostToDevice), "scene");
    return d;
}
template <typename T> static T *deviceBuffer(T *&p, size_t &have, size_t want) {
    if (have < want) {
        if (p) cudaFree(p);
        check(cudaMalloc(&p, want * sizeof(T)), "memory for the picture");
        have = want;
    }
    return p;
}
#endif

// Renders S. keepEmpty: the picture without people is rendered once, with many samples, and used for all further pictures.
static void render(bool keepEmpty) {
    const int emptySpp = 8 * S.spp;
    size_t n = (size_t)S.w * S.h;
    static bool haveEmpty = false;
    picture.resize(n * 3);
#ifdef __CUDACC__
    static V *light = nullptr, *empty = nullptr;
    static unsigned char *rgb = nullptr;
    static size_t lightSize = 0, emptySize = 0, rgbSize = 0;
    deviceBuffer(light, lightSize, n), deviceBuffer(rgb, rgbSize, 3 * n);
    dim3 g((S.w + 15) / 16, (S.h + 7) / 8);
    auto pass = [&](V *to, const V *base, bool people) {
        renderKernel<<<g, 128, sizeof(Scene)>>>(sceneOnDevice(), to, base, people);
        check(cudaGetLastError(), "launch");
    };
#else
    static std::vector<V> light, empty;
    light.resize(n);
    auto pass = [&](V *to, const V *base, bool people) {
#pragma omp parallel for schedule(dynamic, 2)
        for (int y = 0; y < S.h; y++)
            for (int x = 0; x < S.w; x++) to[y * S.w + x] = lightAt(x, y, base, people);
    };
#endif
    if (keepEmpty && !haveEmpty) {
        int spp = S.spp;
        S.spp = emptySpp;
#ifdef __CUDACC__
        pass(deviceBuffer(empty, emptySize, n), nullptr, false);
#else
        empty.resize(n);
        pass(empty.data(), nullptr, false);
#endif
        S.spp = spp;
        haveEmpty = true;
    }
#ifdef __CUDACC__
    pass(light, keepEmpty ? empty : nullptr, true);
    developKernel<<<g, 128, sizeof(Scene)>>>(sceneOnDevice(), light, rgb);
    check(cudaMemcpy(picture.data(), rgb, picture.size(), cudaMemcpyDeviceToHost), "render");
#else
    pass(light.data(), keepEmpty ? empty.data() : nullptr, true);
#pragma omp parallel for
    for (int y = 0; y < S.h; y++)
        for (int x = 0; x < S.w; x++) develop(x, y, light[y * S.w + x], &picture[3 * ((size_t)y * S.w + x)]);
#endif
}

static void countHeads(HeadCount *c) {
    for (int i = 0; i < MAX_PEOPLE; i++) c[i] = {0, 0, 1 << 20, 1 << 20, -(1 << 20), -(1 << 20)};
    int w = (S.w + 2 * MASK_MARGIN) * MASK_SUB, h = (S.h + 2 * MASK_MARGIN) * MASK_SUB;
#ifdef __CUDACC__
    static HeadCount *d = nullptr;
    if (!d) check(cudaMalloc(&d, sizeof(HeadCount) * MAX_PEOPLE), "memory for the heads");
    check(cudaMemcpy(d, c, sizeof(HeadCount) * MAX_PEOPLE, cudaMemcpyHostToDevice), "heads");
    headsKernel<<<dim3((w + 15) / 16, (h + 7) / 8), 128, sizeof(Scene)>>>(sceneOnDevice(), d);
    check(cudaGetLastError(), "launch");
    check(cudaMemcpy(c, d, sizeof(HeadCount) * MAX_PEOPLE, cudaMemcpyDeviceToHost), "heads");
#else
#pragma omp parallel for schedule(dynamic, 4)
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            float t[MAX_PEOPLE];
            int vis, sx = x - MASK_MARGIN * MASK_SUB, sy = y - MASK_MARGIN * MASK_SUB, mask = headsAt(sx, sy, t, &vis);
            if (!mask) continue;
            bool inside = sx >= 0 && sy >= 0 && sx < S.w * MASK_SUB && sy < S.h * MASK_SUB;
#pragma omp critical
            for (int i = 0; i < S.nPeople; i++)
                if (mask >> i & 1) {
                    c[i].all++;
                    if (inside && (vis >> i & 1)) c[i].seen++;
                    if (sx < c[i].x0) c[i].x0 = sx;
                    if (sy < c[i].y0) c[i].y0 = sy;
                    if (sx + 1 > c[i].x1) c[i].x1 = sx + 1;
                    if (sy + 1 > c[i].y1) c[i].y1 = sy + 1;
                }
        }
#endif
}

struct HeadBox {
    int person;
    bool helmet;
    float x0, y0, x1, y1, visible;
};
static std::vector<HeadBox> headBoxes() {
    HeadCount c[MAX_PEOPLE];
    countHeads(c);
    std::vector<HeadBox> out;
    for (int i = 0; i < S.nPeople; i++) {
        if (!c[i].all) continue;
        float k = 1.f / MASK_SUB;
        HeadBox b = {i, S.people[i].helmetState == 1, fmaxf(c[i].x0 * k, 0.f), fmaxf(c[i].y0 * k, 0.f), fminf(c[i].x1 * k, (float)S.w),
                fminf(c[i].y1 * k, (float)S.h), (float)c[i].seen / c[i].all};
        if (b.x1 - b.x0 < 1 || b.y1 - b.y0 < 1) continue;
        out.push_back(b);
    }
    return out;
}

static void writePpm(const std::string &path) {
    FILE *f = fopen(path.c_str(), "wb");
    if (!f) fprintf(stderr, "cannot write %s\n", path.c_str()), exit(2);
    fprintf(f, "P6\n%d %d\n255\n", S.w, S.h);
    fwrite(picture.data(), 1, picture.size(), f);
    fclose(f);
}

// One 4:2:0 frame of a YUV4MPEG stream, BT.709, limited range, chroma centred left.
static void writeY4m(FILE *f) {
    int w = S.w, h = S.h;
    static std::vector<unsigned char> out;
    out.resize((size_t)w * h * 3 / 2);
    unsigned char *Y = out.data(), *U = Y + w * h, *Vv = U + w * h / 4;
#pragma omp parallel for
    for (int y = 0; y < h; y += 2)
        for (int x = 0; x < w; x += 2) {
            float cb = 0, cr = 0;
            for (int j = 0; j < 2; j++)
                for (int i = 0; i < 2; i++) {
                    const unsigned char *p = &picture[3 * ((size_t)(y + j) * w + x + i)];
                    float l = 0.2126f * p[0] + 0.7152f * p[1] + 0.0722f * p[2];
                    Y[(y + j) * w + x + i] = (unsigned char)(16.5f + l * 219.f / 255.f);
                    cb += (p[2] - l) / 1.8556f, cr += (p[0] - l) / 1.5748f;
                }
            U[(y / 2) * (w / 2) + x / 2] = (unsigned char)(128.5f + cb * 0.25f * 224.f / 255.f);
            Vv[(y / 2) * (w / 2) + x / 2] = (unsigned char)(128.5f + cr * 0.25f * 224.f / 255.f);
        }
    fprintf(f, "FRAME\n");
    fwrite(out.data(), 1, out.size(), f);
}

// Heads mostly hidden or too small carry no label; of a large one a smaller part is enough.
static bool isLabelled(const HeadBox &b) { return b.visible >= (b.x1 - b.x0 > 60 ? 0.25f : 0.4f) && b.x1 - b.x0 >= 7; }

// One line of JSON: what the still shows and how, with every head that touches the picture.
static void writeStillTruth(FILE *t, const char *name, Still still, const std::vector<HeadBox> &boxes) {
    static const char *const gears[] = {"none", "helmet", "cap", "beanie", "hood", "turban", "headscarf", "straw hat", "bucket hat", "bandana"};
    static const char *const hairs[] = {"bald", "buzz", "short", "long", "ponytail", "bun", "curly", "afro", "fringe"};
    static const char *const masks[] = {"none", "pale", "dark", "balaclava", "neckerchief"};
    fprintf(t, "{\"still\":\"%s\",\"shot\":\"%s\",\"light\":\"%s\",\"size\":[%d,%d],\"heads\":[", name, SHOTS[still.shot], LIGHTS[still.light], S.w, S.h);
    bool first = true;
    for (const HeadBox &b : boxes) {
        const Person &P = S.people[b.person];
        float brightness = 0.2126f * P.hairCol.x + 0.7152f * P.hairCol.y + 0.0722f * P.hairCol.z;
        fprintf(t, "%s{\"label\":\"%s\",\"box\":[%.1f,%.1f,%.1f,%.1f],\"visible\":%.2f,\"labelled\":%s,\"headgear\":\"%s\",\"hair\":\"%s\",\"pale\":%s,\"mask\":\"%s\",\"away\":%s}",
                first ? "" : ",", b.helmet ? "helmet" : "head", b.x0, b.y0, b.x1, b.y1, b.visible, isLabelled(b) ? "true" : "false", P.helmetState == 2 ? "none" : gears[P.headgear], hairs[P.hair],
                brightness > 0.2f ? "true" : "false", masks[P.mask], dot(P.head.z, P.headO - S.eye) > 0 ? "true" : "false");
        first = false;
    }
    fprintf(t, "]}\n");
}

static int indexOf(const std::string &name, const char *const *names, int n) { // -1: any
    for (int i = 0; i < n; i++)
        if (name == names[i]) return i;
    if (name == "any") return -1;
    fprintf(stderr, "%s: expected any", name.c_str());
    for (int i = 0; i < n; i++) fprintf(stderr, ", %s", names[i]);
    fprintf(stderr, "\n");
    exit(2);
}

int main(int argc, char **argv) {
    std::string mode = argc > 1 ? argv[1] : "", out = "-", scene = "yard", truth, script;
    int w = 1280, h = 720, spp = 64, from = 0, to = 1 << 20, step = 1, n = 400, seed = 1, format = 0, shot = -1, light = -1;
    for (int i = 2; i < argc; i++) {
        std::string a = argv[i];
        auto next = [&]() -> const char * { return i + 1 < argc ? argv[++i] : "0"; };
        if (a == "--size") sscanf(next(), "%dx%d", &w, &h);
        else if (a == "--scene") scene = next();
        else if (a == "--spp") spp = atoi(next());
        else if (a == "--from") from = atoi(next());
        else if (a == "--to") to = atoi(next());
        else if (a == "--step") step = atoi(next());
        else if (a == "--n") n = atoi(next());
        else if (a == "--seed") seed = atoi(next());
        else if (a == "--out") out = next();
        else if (a == "--truth") truth = next();
        else if (a == "--script") script = next();
        else if (a == "--ppm") format = 1;
        else if (a == "--shot") shot = indexOf(next(), SHOTS, SHOT_COUNT);
        else if (a == "--light") light = indexOf(next(), LIGHTS, 8);
        else if (a == "--probe") probeColours = true;
        else fprintf(stderr, "unknown option %s\n", a.c_str()), exit(2);
    }
    if (mode == "clip") { // Y4M to --out (or frames as PPM files into the folder --out), truth as JSON lines
        Clip clip = scene == "ramp" ? rampClip() : yardClip();
        if (to > clip.frames) to = clip.frames;
        FILE *video = format ? nullptr : out == "-" ? stdout : fopen(out.c_str(), "wb");
        FILE *t = truth.empty() ? nullptr : fopen(truth.c_str(), "w");
        if (video) fprintf(video, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED\n", w, h);
        for (int f = 0; f < to; f++) {
            clip.advance(f);
            if (f < from || (f - from) % step) continue;
            clip.frame(w, h, spp, f);
            if (spp > 0) {
                render(to - from > step);
                char name[32];
                snprintf(name, sizeof name, "/%04d.ppm", f);
                if (format) writePpm(out + name);
                else writeY4m(video);
            }
            if (!t) continue;
            fprintf(t, "{\"frame\":%d,\"ptsMillis\":%d,\"heads\":[", f, f * 40);
            bool first = true;
            for (const HeadBox &b : headBoxes()) {
                fprintf(t, "%s{\"id\":%d,\"label\":\"%s\",\"box\":[%.1f,%.1f,%.1f,%.1f],\"visible\":%.2f}", first ? "" : ",", clip.id(b.person),
                        b.helmet ? "helmet" : "head", b.x0, b.y0, b.x1, b.y1, b.visible);
                first = false;
                clip.saw(b.person, b.helmet, b.visible, f);
            }
            fprintf(t, "]}\n");
        }
        if (t) fclose(t);
        if (!script.empty()) clip.writeScript(script);
        if (video && video != stdout) fclose(video);
    } else if (mode == "stills") { // PPM pictures and YOLO labels into --out/images and --out/labels
        FILE *t = truth.empty() ? nullptr : fopen(truth.c_str(), "w");
        for (int i = from; i < n; i++) {
            Still still = randomStill(seed * 100003u + i, spp, shot, light);
            render(false);
            char name[32];
            snprintf(name, sizeof name, "%04d", i);
            writePpm(out + "/images/" + name + ".ppm");
            FILE *f = fopen((out + "/labels/" + name + ".txt").c_str(), "w");
            if (!f) fprintf(stderr, "cannot write labels\n"), exit(2);
            const std::vector<HeadBox> boxes = headBoxes();
            for (const HeadBox &b : boxes) {
                if (!isLabelled(b)) continue;
                fprintf(f, "%d %.6f %.6f %.6f %.6f\n", b.helmet ? 0 : 1, (b.x0 + b.x1) / 2 / S.w, (b.y0 + b.y1) / 2 / S.h, (b.x1 - b.x0) / S.w,
                        (b.y1 - b.y0) / S.h);
            }
            fclose(f);
            if (t) writeStillTruth(t, name, still, boxes);
        }
        if (t) fclose(t);
    } else {
        fprintf(stderr, "usage: yard clip|stills [--scene yard|ramp] [--out PATH] [--size WxH] [--spp N] [--from N] [--to N] [--step N] [--ppm] [--truth FILE] "
                        "[--script FILE] [--n N] [--seed N] [--shot NAME] [--light NAME] [--probe]\n");
        return 2;
    }
    return 0;
}
