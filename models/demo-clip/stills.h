// Random stills for training: other places, cameras, light and people than the demo clip's.
#pragma once

struct Dice {
    uint32_t s;
    float u() { // splitmix-like, in [0, 1)
        s += 0x9e3779b9u;
        return (hash32(hash32(s) + 0x85ebca6bu) >> 8) * (1.f / 16777216.f);
    }
    float in(float a, float b) { return a + (b - a) * u(); }
    bool chance(float p) { return u() < p; }
    int below(int n) { return (int)(u() * n) % n; }
    V pick(const V *v, int n) { return v[below(n)]; }
};

static V tint(Dice &d, V c, float k) {
    float l = d.in(1 - k, 1 + k);
    return v3(sat(c.x * l * d.in(1 - k / 2, 1 + k / 2)), sat(c.y * l * d.in(1 - k / 2, 1 + k / 2)), sat(c.z * l * d.in(1 - k / 2, 1 + k / 2)));
}

static Look randomLook(Dice &d, bool helmet) {
    static const V skins[] = {{0.62f, 0.43f, 0.34f}, {0.55f, 0.36f, 0.27f}, {0.50f, 0.32f, 0.23f}, {0.42f, 0.26f, 0.18f}, {0.30f, 0.17f, 0.11f}, {0.17f, 0.09f, 0.06f}};
    static const V hairs[] = {{0.02f, 0.017f, 0.015f}, {0.025f, 0.018f, 0.014f}, {0.06f, 0.035f, 0.02f}, {0.13f, 0.08f, 0.05f}, {0.34f, 0.24f, 0.12f}, {0.32f, 0.32f, 0.32f}, {0.02f, 0.02f, 0.02f}};
    static const V helmets[] = {{0.84f, 0.84f, 0.82f}, {0.84f, 0.84f, 0.82f}, {0.86f, 0.56f, 0.02f}, {0.86f, 0.60f, 0.05f}, {0.62f, 0.03f, 0.03f}, {0.66f, 0.05f, 0.04f},
            {0.03f, 0.10f, 0.48f}, {0.06f, 0.20f, 0.62f}, {0.86f, 0.22f, 0.02f}, {0.04f, 0.28f, 0.10f}, {0.30f, 0.32f, 0.33f}, {0.45f, 0.65f, 0.05f}};
    static const V cloths[] = {{0.06f, 0.08f, 0.15f}, {0.10f, 0.14f, 0.28f}, {0.30f, 0.30f, 0.32f}, {0.60f, 0.62f, 0.66f}, {0.10f, 0.10f, 0.11f}, {0.04f, 0.04f, 0.045f},
            {0.25f, 0.06f, 0.05f}, {0.10f, 0.18f, 0.10f}, {0.36f, 0.30f, 0.20f}, {0.45f, 0.40f, 0.30f}, {0.65f, 0.25f, 0.05f}, {0.15f, 0.28f, 0.45f}, {0.5f, 0.5f, 0.12f}};
    static const V vests[] = {{0.88f, 0.20f, 0.03f}, {0.55f, 0.78f, 0.06f}, {0.62f, 0.80f, 0.05f}, {0.80f, 0.12f, 0.03f}, {0.06f, 0.14f, 0.40f}};
    Look k;
    k.seed = d.in(0, 50);
    k.female = d.chance(0.22f);
    k.height = k.female ? d.in(1.56f, 1.74f) : d.in(1.64f, 1.90f);
    k.girth = k.female ? d.in(0.86f, 1.08f) : d.in(0.92f, 1.28f);
    k.headScale = d.in(0.94f, 1.06f);
    k.skin = tint(d, d.pick(skins, 6), 0.12f), k.hairCol = tint(d, d.pick(hairs, 7), 0.3f);
    k.hair = k.female ? (d.chance(0.45f) ? PONYTAIL : LONG) : d.chance(0.12f) ? BALD : d.chance(0.25f) ? BUZZ : SHORT;
    k.beard = !k.female && d.chance(0.25f);
    k.shirt = tint(d, d.pick(cloths, 13), 0.25f), k.pants = tint(d, d.pick(cloths, 10), 0.3f), k.boots = tint(d, v3(0.10f, 0.07f, 0.04f), 0.6f);
    k.vest = tint(d, d.pick(vests, 5), 0.12f);
    k.top = d.chance(0.5f) ? VEST : d.chance(0.4f) ? JACKET_STRIPES : PLAIN_TOP;
    if (k.top == JACKET_STRIPES && d.chance(0.5f)) k.shirt = k.pants = d.chance(0.5f) ? tint(d, v3(0.75f, 0.20f, 0.04f), 0.2f) : tint(d, v3(0.05f, 0.12f, 0.32f), 0.3f);
    k.bareArms = d.chance(0.3f), k.gloves = d.chance(0.3f), k.mask = d.chance(0.12f) ? 1 + d.below(2) : 0;
    if (helmet) {
        k.headgear = HARDHAT, k.helm = tint(d, d.pick(helmets, 12), 0.14f), k.strap = d.chance(0.4f), k.sticker = d.below(3), k.muffs = d.chance(0.08f);
        k.helmTilt = d.in(-0.06f, 0.14f);
        k.stickerCol = d.pick(helmets, 12);
    } else if (d.chance(0.38f)) {
        k.headgear = d.chance(0.5f) ? CAP : d.chance(0.5f) ? BEANIE : HOOD;
        k.helm = d.chance(0.35f) ? tint(d, d.pick(helmets, 12), 0.25f) : tint(d, d.pick(cloths, 13), 0.3f); // caps in helmet colours are still caps
        k.sticker = d.below(2), k.stickerCol = d.pick(helmets, 12);
    }
    return k;
}

static Pose randomPose(Dice &d) {
    Pose p;
    p.yaw = d.in(-PI, PI), p.phase = d.u();
    p.walk = d.chance(0.45f) ? d.in(0.7f, 1.f) : 0, p.stride = d.in(1.1f, 1.4f);
    p.sway = d.in(-0.15f, 0.15f) * (1 - p.walk), p.twist = d.in(-0.25f, 0.25f);
    p.headYaw = d.in(-0.7f, 0.7f), p.headPitch = d.in(-0.25f, 0.45f), p.headRoll = d.in(-0.12f, 0.12f);
    p.rest[0] = d.in(-0.1f, 0.35f), p.rest[1] = d.in(-0.1f, 0.35f);
    if (!p.walk && d.chance(0.25f)) p.lean = d.in(0.2f, 0.9f), p.crouch = d.chance(0.5f) ? d.in(0.1f, 0.45f) : 0, p.headPitch = d.in(-0.4f, 0.3f);
    int g = d.chance(0.55f) ? 1 + d.below(9) : NONE;
    if (g != NONE && p.lean < 0.15f) gesture(p, g, 1, d.in(0, 10));
    if (p.lean >= 0.15f) {
        p.hand[0] = v3(-0.15f, d.in(0.5f, 0.9f) - p.crouch * 0.8f, 0.45f), p.hand[1] = v3(0.15f, d.in(0.5f, 0.9f) - p.crouch * 0.8f, 0.45f);
        p.handW[0] = p.handW[1] = 1;
    }
    if (g == CARRY && p.lean < 0.15f) p.prop = 1, p.propCol = v3(d.in(0.1f, 0.6f), d.in(0.1f, 0.5f), d.in(0.05f, 0.4f));
    if (g == CLIPBOARD && p.lean < 0.15f) p.prop = 2;
    return p;
}

static void randomStill(uint32_t seed, int spp) {
    Dice d = {hash32(seed)};
    memset(&S, 0, sizeof S);
    static const int sizes[][2] = {{640, 360}, {704, 480}, {800, 450}, {960, 540}, {640, 480}, {854, 480}};
    const int *size = sizes[d.below(6)];
    S.w = size[0], S.h = size[1], S.spp = spp, S.seed = seed;

    // light
    float az = d.in(-PI, PI), alt = d.in(0.3f, 1.2f);
    S.sunDir = v3(cosf(alt) * sinf(az), sinf(alt), cosf(alt) * cosf(az));
    bool overcast = d.chance(0.4f);
    float warm = smooth(0.9f, 0.3f, alt);
    S.sunCol = overcast ? v3(d.chance(0.5f) ? 0.f : 0.8f) : v3(4.4f, 3.9f - warm * 0.5f, 3.3f - warm * 1.2f) * d.in(0.7f, 1.1f);
    S.sunSize = overcast ? 0.15f : 0.012f;
    S.skyZenith = overcast ? v3(0.80f, 0.84f, 0.90f) * d.in(0.8f, 1.1f) : v3(0.28f, 0.42f, 0.72f) * d.in(0.8f, 1.2f);
    S.skyHorizon = overcast ? v3(0.80f, 0.82f, 0.84f) : v3(0.70f, 0.76f, 0.82f) * d.in(0.85f, 1.1f);
    S.cloud = overcast ? 0.9f : d.in(0, 0.7f);
    S.exposure = (overcast ? 1.0f : 0.60f) * d.in(0.7f, 1.35f), S.fog = d.chance(0.3f) ? d.in(0.003f, 0.015f) : 0.001f;
    S.saturation = d.in(0.7f, 1.1f), S.vignette = d.in(0, 0.4f), S.contrast = d.in(0.85f, 1.08f), S.noise = d.chance(0.6f) ? d.in(0.004f, 0.028f) : 0;
    S.whiteBalance = v3(d.in(0.93f, 1.07f), 1, d.in(0.9f, 1.1f));
    S.groundType = d.below(4);
    static const V grounds[] = {{0.32f, 0.31f, 0.29f}, {0.13f, 0.13f, 0.135f}, {0.36f, 0.26f, 0.17f}, {0.26f, 0.24f, 0.15f}};
    S.groundCol = tint(d, grounds[S.groundType], 0.25f), S.groundSeed = d.in(0, 100);

    // people: a reference width of heads decides how far away they stand
    int n = 1 + d.below(8) + (d.chance(0.2f) ? 2 : 0);
    S.focal = 1.f / tanf(d.in(30, 62) * PI / 360) * (S.w / (float)S.h) * 1.0f;
    float px = expf(d.in(logf(14.f), logf(85.f)));
    float range = clampf(S.focal * S.h * 0.5f * 0.23f / px, 1.6f, 26.f);
    float height = clampf(d.in(2.0f, 6.0f), 2.f, 1.7f + range * 0.75f);
    S.eye = v3(0, height, 0);
    float pitch = 0.5f * (atan2f(height - 1.5f, range) + atan2f(height - 1.3f, 1.8f * range)) + d.in(-0.22f, 0.24f) / S.focal, roll = d.chance(0.3f) ? d.in(-0.06f, 0.06f) : 0;
    M3 cam = turn({v3(1, 0, 0), v3(0, 1, 0), v3(0, 0, 1)}, 0, pitch, roll);
    S.right = cam.x, S.up = cam.y, S.fwd = cam.z;
    float half = (S.w / (float)S.h) / S.focal;
    std::vector<V> spots;
    for (int i = 0, tries = 0; i < n && tries < 200; tries++) {
        float z = range * (i == 0 ? d.in(0.85f, 1.15f) : d.in(0.75f, 2.4f)), x = d.in(-0.92f, 0.92f) * half * z;
        bool ok = true;
        for (V q : spots) ok = ok && (x - q.x) * (x - q.x) + (z - q.z) * (z - q.z) > 0.42f;
        V head = v3(x, 1.65f, z) - S.eye; // nearly all heads inside the picture, a few at its edge
        float hz = dot(head, S.fwd), hy = dot(head, S.up) / hz * S.focal;
        if (hz < 0.5f || (fabsf(hy) > 0.9f && !d.chance(0.06f))) ok = false;
        if (!ok) continue;
        spots.push_back(v3(x, 0, z));
        bool helmet = d.chance(0.5f);
        Look k = randomLook(d, helmet);
        Pose p = randomPose(d);
        p.x = x, p.z = z;
        if (helmet && d.chance(0.06f) && p.lean < 0.15f) p.off = 1, p.prop = 0, p.handW[1] = 0; // the helmet in the hand: a bare head
        S.people[S.nPeople++] = build(k, p);
        i++;
    }

    // things, kept clear of the people
    auto clear = [&](float x, float z, float r) {
        if (z < range * 0.45f + r) return false;
        for (V q : spots)
            if ((x - q.x) * (x - q.x) + (z - q.z) * (z - q.z) < r * r) return false;
        return true;
    };
    static const V paints[] = {{0.05f, 0.15f, 0.30f}, {0.36f, 0.10f, 0.06f}, {0.10f, 0.26f, 0.14f}, {0.55f, 0.52f, 0.45f}, {0.60f, 0.35f, 0.05f}, {0.30f, 0.31f, 0.32f}, {0.62f, 0.62f, 0.6f}, {0.70f, 0.52f, 0.04f}};
    float far = range * 2.6f + d.in(3, 14);
    bool open = d.chance(0.25f);
    static const int walls[] = {BRICK, CONCRETE, CLADDING, CLADDING, PLAIN, CORRUGATED};
    if (!open) {
        beginGroup();
        float wh = d.in(3, 12), yaw = d.in(-0.25f, 0.25f), wx = d.in(-5, 5);
        int m = walls[d.below(6)];
        V c = m == BRICK ? tint(d, v3(0.34f, 0.15f, 0.10f), 0.3f) : tint(d, d.pick(paints, 8), 0.3f);
        box(v3(wx, wh / 2, far + 1), v3(60, wh, 1), yaw, m, c);
        box(at(wx, far + 1, yaw, 0, 0.4f, -0.5f), v3(60, 0.8f, 0.3f), yaw, CONCRETE, v3(0.36f));
        for (int i = -3; i <= 3; i++) {
            if (d.chance(0.5f)) box(at(wx, far + 1, yaw, i * 5.f + d.in(-1, 1), 2.4f, -0.46f), v3(2.2f, 1.4f, 0.1f), yaw, GLASS, v3(0.1f));
            else if (d.chance(0.5f)) box(at(wx, far + 1, yaw, i * 5.f, 1.8f, -0.46f), v3(3.2f, 3.6f, 0.12f), yaw, ROLLER, tint(d, v3(0.45f), 0.4f));
        }
        endGroup();
    } else {
        beginGroup();
        for (int i = 0; i < 12; i++) {
            float x = d.in(-40, 40), hgt = d.in(2, 9), z = far + d.in(4, 30);
            if (d.chance(0.6f)) {
                cone(v3(x, hgt * 0.25f, z), v3(x, hgt, z), d.in(1.5f, 3.f), d.in(0.4f, 1.5f), FOLIAGE, v3(0.1f));
                cone(v3(x, 0, z), v3(x, hgt * 0.3f, z), 0.2f, 0.15f, WOOD, v3(0.15f, 0.1f, 0.07f));
            } else box(v3(x, hgt / 2, z), v3(d.in(4, 12), hgt, 5), d.in(-1, 1), walls[d.below(6)], tint(d, d.pick(paints, 8), 0.3f));
        }
        endGroup();
        if (d.chance(0.5f)) fence(-25, 25, far, v3(0.35f, 0.38f, 0.36f));
    }
    int things = 3 + d.below(8);
    for (int i = 0, tries = 0; i < things && tries < 60 && S.nGroups < MAX_GROUPS - 4 && S.nBoxes < MAX_BOXES - 60 && S.nCones < MAX_CONES - 24; tries++) {
        float z = d.in(0.7f, 2.5f) * range, x = d.in(-1.1f, 1.1f) * half * z, yaw = d.in(-PI, PI);
        int kind = d.below(11);
        V paint = tint(d, d.pick(paints, 8), 0.3f);
        if (kind == 0 && clear(x, z, 3.9f)) container(x, z, yaw, 6.06f, paint);
        else if (kind == 1 && clear(x, z, 1.1f)) cartons(x, z, yaw, d.in(0.8f, 2.2f), d.chance(0.6f) ? v3(0.44f, 0.32f, 0.20f) : paint, d.chance(0.7f) ? CARTON : PLAIN);
        else if (kind == 2 && clear(x, z, 1.1f)) palletStack(x, z, yaw, 2 + d.below(9));
        else if (kind == 3 && clear(x, z, 1.1f)) drums(x, z, 1 + d.below(4), paint, tint(d, d.pick(paints, 8), 0.3f));
        else if (kind == 4 && clear(x, z, 1.9f)) timber(x, z, yaw, 3 + d.below(4), 1 + d.below(4));
        else if (kind == 5 && clear(x, z, 1.3f)) {
            beginGroup();
            barrier(x, z, yaw, v3(0.42f));
            endGroup();
        } else if (kind == 6 && clear(x, z, 2.f)) pipes(x, z, yaw, paint);
        else if (kind == 7 && clear(x, z, 1.f)) sacks(x, z, yaw, 2 + d.below(6), tint(d, v3(0.52f, 0.49f, 0.42f), 0.3f));
        else if (kind == 8 && clear(x, z, 0.5f)) {
            beginGroup();
            trafficCone(x, z);
            endGroup();
        } else if (kind == 9 && clear(x, z, 0.5f)) {
            beginGroup();
            float r = d.in(0.06f, 0.25f);
            if (d.chance(0.5f)) cone(v3(x, 0, z), v3(x, 7, z), r, r, d.chance(0.4f) ? METAL : CONCRETE, paint);
            else box(v3(x, 3.5f, z), v3(2 * r, 7, 2 * r), yaw, d.chance(0.3f) ? HAZARD : CONCRETE, paint);
            endGroup();
        } else if (kind == 10 && z > range * 1.5f && clear(x, z, 4.8f)) scaffold(x, z, d.in(-0.4f, 0.4f), 2);
        else continue;
        i++;
    }
}
