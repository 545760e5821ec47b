// Random stills for training and for probes: other places, cameras, light and people than the clips'. A still is drawn from its
// seed alone; `SHOTS` says what it shows, `LIGHTS` how it is lit.
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

// Probes take colours that training never shows. They were made once and stay as they are: whatever is drawn in training alone is drawn
// behind `!probeColours`, so that the probes' dice fall as before.
static bool probeColours = false;

static V tint(Dice &d, V c, float k) {
    float l = d.in(1 - k, 1 + k);
    return v3(sat(c.x * l * d.in(1 - k / 2, 1 + k / 2)), sat(c.y * l * d.in(1 - k / 2, 1 + k / 2)), sat(c.z * l * d.in(1 - k / 2, 1 + k / 2)));
}

static V helmetColour(Dice &d) {
    static const V usual[] = {{0.84f, 0.84f, 0.82f}, {0.84f, 0.84f, 0.82f}, {0.86f, 0.56f, 0.02f}, {0.86f, 0.60f, 0.05f}, {0.62f, 0.03f, 0.03f}, {0.66f, 0.05f, 0.04f},
            {0.03f, 0.10f, 0.48f}, {0.06f, 0.20f, 0.62f}, {0.86f, 0.22f, 0.02f}, {0.04f, 0.28f, 0.10f}, {0.30f, 0.32f, 0.33f}, {0.45f, 0.65f, 0.05f}, {0.80f, 0.80f, 0.76f},
            {0.88f, 0.88f, 0.88f}, {0.84f, 0.50f, 0.03f}, {0.80f, 0.26f, 0.03f}};
    static const V other[] = {{0.70f, 0.70f, 0.64f}, {0.78f, 0.66f, 0.10f}, {0.50f, 0.02f, 0.08f}, {0.10f, 0.32f, 0.70f}, {0.70f, 0.30f, 0.05f}, {0.10f, 0.40f, 0.22f}};
    return probeColours ? d.pick(other, 6) : d.pick(usual, 16);
}
static V clothColour(Dice &d) {
    static const V usual[] = {{0.06f, 0.08f, 0.15f}, {0.10f, 0.14f, 0.28f}, {0.30f, 0.30f, 0.32f}, {0.60f, 0.62f, 0.66f}, {0.10f, 0.10f, 0.11f}, {0.04f, 0.04f, 0.045f},
            {0.25f, 0.06f, 0.05f}, {0.10f, 0.18f, 0.10f}, {0.36f, 0.30f, 0.20f}, {0.45f, 0.40f, 0.30f}, {0.65f, 0.25f, 0.05f}, {0.15f, 0.28f, 0.45f}, {0.5f, 0.5f, 0.12f}};
    static const V other[] = {{0.20f, 0.10f, 0.22f}, {0.08f, 0.22f, 0.24f}, {0.42f, 0.20f, 0.16f}, {0.48f, 0.52f, 0.46f}, {0.14f, 0.12f, 0.08f}, {0.55f, 0.42f, 0.40f}};
    return probeColours ? d.pick(other, 6) : d.pick(usual, 13);
}
static V paintColour(Dice &d) {
    static const V usual[] = {{0.05f, 0.15f, 0.30f}, {0.36f, 0.10f, 0.06f}, {0.10f, 0.26f, 0.14f}, {0.55f, 0.52f, 0.45f}, {0.60f, 0.35f, 0.05f}, {0.30f, 0.31f, 0.32f}, {0.62f, 0.62f, 0.6f}, {0.70f, 0.52f, 0.04f}};
    static const V other[] = {{0.16f, 0.30f, 0.34f}, {0.44f, 0.22f, 0.24f}, {0.30f, 0.36f, 0.20f}, {0.44f, 0.42f, 0.50f}, {0.58f, 0.46f, 0.28f}};
    return probeColours ? d.pick(other, 5) : d.pick(usual, 8);
}

// Skin, cut wood, cardboard, orange plastic, copper: the colours in which a round thing is taken for a face.
static V skinLike(Dice &d) {
    static const V colours[] = {{0.62f, 0.43f, 0.34f}, {0.55f, 0.36f, 0.27f}, {0.46f, 0.29f, 0.21f}, {0.30f, 0.17f, 0.11f}, {0.58f, 0.44f, 0.27f}, {0.50f, 0.36f, 0.22f}, {0.75f, 0.33f, 0.12f},
            {0.80f, 0.28f, 0.05f}, {0.70f, 0.45f, 0.30f}, {0.60f, 0.30f, 0.18f}, {0.72f, 0.62f, 0.48f}};
    return tint(d, d.pick(colours, 11), 0.25f);
}

static Look randomLook(Dice &d, bool helmet) {
    static const V skins[] = {{0.62f, 0.43f, 0.34f}, {0.55f, 0.36f, 0.27f}, {0.50f, 0.32f, 0.23f}, {0.42f, 0.26f, 0.18f}, {0.30f, 0.17f, 0.11f}, {0.17f, 0.09f, 0.06f}};
    static const V hairs[] = {{0.02f, 0.017f, 0.015f}, {0.025f, 0.018f, 0.014f}, {0.02f, 0.02f, 0.02f}, {0.06f, 0.035f, 0.02f}, {0.13f, 0.08f, 0.05f}, {0.34f, 0.24f, 0.12f}, {0.50f, 0.36f, 0.17f},
            {0.24f, 0.08f, 0.03f}, {0.28f, 0.28f, 0.28f}, {0.46f, 0.46f, 0.46f}, {0.70f, 0.70f, 0.68f}};
    static const V vests[] = {{0.88f, 0.20f, 0.03f}, {0.55f, 0.78f, 0.06f}, {0.62f, 0.80f, 0.05f}, {0.80f, 0.12f, 0.03f}, {0.06f, 0.14f, 0.40f}};
    Look k;
    k.seed = d.in(0, 50);
    k.female = d.chance(0.28f);
    k.height = k.female ? d.in(1.54f, 1.76f) : d.in(1.62f, 1.92f);
    k.girth = k.female ? d.in(0.86f, 1.10f) : d.in(0.90f, 1.32f);
    k.headScale = d.in(0.93f, 1.07f);
    k.skin = tint(d, d.pick(skins, 6), 0.14f), k.hairCol = tint(d, d.pick(hairs, 11), 0.3f);
    static const int hers[] = {PONYTAIL, PONYTAIL, LONG, LONG, LONG, BUN, BUN, CURLY, AFRO, SHORT}, his[] = {SHORT, SHORT, SHORT, SHORT, BUZZ, BUZZ, BALD, BALD, FRINGE, FRINGE, CURLY, AFRO, LONG};
    k.hair = k.female ? hers[d.below(10)] : his[d.below(13)];
    k.beard = !k.female && d.chance(0.25f);
    k.shirt = tint(d, clothColour(d), 0.25f), k.pants = tint(d, clothColour(d), 0.3f), k.boots = tint(d, v3(0.10f, 0.07f, 0.04f), 0.6f);
    k.vest = tint(d, d.pick(vests, 5), 0.12f);
    k.top = d.chance(0.45f) ? VEST : d.chance(0.4f) ? JACKET_STRIPES : PLAIN_TOP;
    if (k.top == JACKET_STRIPES && d.chance(0.5f)) k.shirt = k.pants = d.chance(0.5f) ? tint(d, v3(0.75f, 0.20f, 0.04f), 0.2f) : tint(d, v3(0.05f, 0.12f, 0.32f), 0.3f);
    k.bareArms = d.chance(0.3f), k.gloves = d.chance(0.3f), k.stickerCol = d.chance(0.5f) ? helmetColour(d) : clothColour(d);
    float m = d.u();
    k.mask = m < 0.06f ? PALE_MASK : m < 0.12f ? DARK_MASK : m < 0.15f ? BALACLAVA : m < 0.19f ? NECKERCHIEF : NO_MASK;
    k.glasses = d.chance(0.24f) ? 1 + d.below(3) : NO_GLASSES;
    k.muffs = d.chance(0.08f);
    if (helmet) {
        k.headgear = HARDHAT, k.helm = tint(d, helmetColour(d), 0.14f), k.strap = d.chance(0.4f), k.sticker = d.below(3);
        k.helmTilt = d.in(-0.08f, 0.16f), k.liner = d.chance(0.12f);
        k.helmetStyle = d.chance(0.65f) ? PEAKED : d.chance(0.5f) ? FULL_BRIM : CLIMBING;
    } else if (d.chance(probeColours ? 0.46f : 0.58f)) {
        static const int kinds[] = {CAP, CAP, CAP, CAP, CAP, BEANIE, BEANIE, BEANIE, HOOD, HOOD, HOOD, TURBAN, TURBAN, HEADSCARF, HEADSCARF, HEADSCARF, STRAW_HAT, STRAW_HAT, BUCKET_HAT, BUCKET_HAT, BANDANA, BANDANA,
                STRAW_HAT, STRAW_HAT, BUCKET_HAT, BANDANA, STRAW_HAT, STRAW_HAT, STRAW_HAT, BUCKET_HAT, CAP, BEANIE, TURBAN, BANDANA, BUCKET_HAT, BUCKET_HAT, BUCKET_HAT, BUCKET_HAT, BEANIE, BEANIE, BEANIE, BEANIE,
                TURBAN, TURBAN, STRAW_HAT, HOOD}; // the last twenty-four in training only
        k.headgear = kinds[d.below(probeColours ? 22 : 46)];
        k.helm = d.chance(0.45f) ? tint(d, helmetColour(d), 0.25f) : tint(d, clothColour(d), 0.3f); // caps in helmet colours are still caps
        if (k.headgear == STRAW_HAT) k.helm = tint(d, d.chance(0.7f) ? v3(0.58f, 0.44f, 0.20f) : v3(0.70f, 0.66f, 0.56f), 0.2f);
        k.sticker = d.below(2), k.backwards = d.chance(0.25f);
        if (k.headgear == HOOD && d.chance(0.4f)) k.shirt = tint(d, helmetColour(d), 0.2f);
        if (k.headgear >= HOOD) k.muffs = 0;
    }
    return k;
}

static Pose randomPose(Dice &d, float bent) {
    Pose p;
    p.yaw = d.in(-PI, PI), p.phase = d.u();
    p.walk = d.chance(0.45f) ? d.in(0.7f, 1.f) : 0, p.stride = d.in(1.1f, 1.4f);
    p.sway = d.in(-0.15f, 0.15f) * (1 - p.walk), p.twist = d.in(-0.25f, 0.25f);
    p.headYaw = d.in(-0.8f, 0.8f), p.headPitch = d.in(-0.30f, 0.65f), p.headRoll = d.in(-0.2f, 0.2f);
    p.rest[0] = d.in(-0.1f, 0.35f), p.rest[1] = d.in(-0.1f, 0.35f);
    if (!p.walk && d.chance(bent)) p.lean = d.in(0.2f, 0.9f), p.crouch = d.chance(0.5f) ? d.in(0.1f, 0.45f) : 0, p.headPitch = d.in(-0.4f, 0.6f);
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

// ---------------------------------------------------------------- light

static const char *const LIGHTS[] = {"sun", "overcast", "backlight", "night", "infrared", "indoor", "fog", "rain"};
enum { SUN, OVERCAST, BACKLIGHT, NIGHT, INFRARED, INDOOR, FOG, RAIN };

static void lampAt(V p, V col) {
    if (S.nLamps < MAX_LAMPS) S.lamps[S.nLamps++] = {p, col};
}

static void setLight(Dice &d, int light, float range) {
    bool grey = light == OVERCAST || light == FOG || light == RAIN, dark = light == NIGHT || light == INFRARED;
    float az = light == BACKLIGHT ? d.in(-0.5f, 0.5f) : d.in(-PI, PI), alt = light == BACKLIGHT ? d.in(0.12f, 0.45f) : d.in(0.3f, 1.25f);
    S.sunDir = v3(cosf(alt) * sinf(az), sinf(alt), cosf(alt) * cosf(az));
    float warm = smooth(0.9f, 0.2f, alt);
    S.sunCol = grey ? v3(d.chance(0.5f) ? 0.f : 0.8f) : v3(4.4f, 3.9f - warm * 0.6f, 3.3f - warm * 1.4f) * d.in(0.7f, 1.1f);
    S.sunSize = grey ? 0.15f : 0.012f;
    S.skyZenith = grey ? v3(0.80f, 0.84f, 0.90f) * d.in(0.7f, 1.1f) : v3(0.28f, 0.42f, 0.72f) * d.in(0.8f, 1.2f);
    S.skyHorizon = grey ? v3(0.80f, 0.82f, 0.84f) : v3(0.70f, 0.76f, 0.82f) * d.in(0.85f, 1.1f);
    S.cloud = grey ? 0.9f : d.in(0, 0.7f);
    S.exposure = (grey ? 1.0f : 0.60f) * d.in(0.65f, 1.4f), S.fog = d.chance(0.25f) ? d.in(0.003f, 0.015f) : 0.001f;
    if (light == BACKLIGHT) S.exposure *= d.in(0.6f, 1.1f), S.skyHorizon = S.skyHorizon * d.in(1.2f, 2.2f);
    if (light == FOG) S.fog = d.in(0.6f, probeColours ? 2.2f : 2.6f) / (range * 2 + 4);
    if (!probeColours && light == SUN && d.chance(0.35f)) S.exposure *= d.in(1.f, 1.6f); // white helmets burn out
    if (light == RAIN) S.rain = d.in(0.12f, 0.4f), S.exposure *= 0.8f, S.fog = d.in(0.2f, 0.8f) / (range * 2 + 4);
    S.saturation = d.in(0.65f, 1.15f), S.vignette = d.in(0, 0.5f), S.contrast = d.in(0.8f, 1.1f), S.noise = d.chance(0.55f) ? d.in(0.004f, 0.03f) : 0;
    S.whiteBalance = v3(d.in(0.92f, 1.08f), 1, d.in(0.88f, 1.12f));
    if (dark) {
        S.sunCol = v3(0), S.cloud = 0;
        S.skyZenith = v3(0.010f, 0.013f, 0.022f) * d.in(0.5f, 2.5f), S.skyHorizon = v3(0.030f, 0.030f, 0.032f) * d.in(0.5f, 3.f);
        S.exposure = d.in(0.7f, 1.5f), S.noise = d.in(0.012f, 0.06f);
        float reach = range * range + 3;
        if (light == INFRARED) { // lamps around the lens; no colour
            S.saturation = 0, S.skyZenith = S.skyHorizon = v3(0.004f);
            lampAt(S.eye + S.up * 0.1f, v3(d.in(2.5f, 6.f) * reach));
        } else {
            V lampCol = d.chance(0.5f) ? v3(1.f, 0.72f, 0.38f) : d.chance(0.7f) ? v3(1.f, 0.96f, 0.88f) : v3(0.75f, 0.9f, 1.f);
            for (int i = 0, n = 1 + d.below(3); i < n; i++)
                lampAt(v3(d.in(-1.2f, 1.2f) * range - 0.5f, d.in(3.2f, 7.f), range * d.in(0.1f, 1.9f)), lampCol * (d.in(1.5f, 4.5f) * (0.35f * reach + 12.f) / n));
            S.whiteBalance = v3(d.in(0.85f, 1.05f), 1, d.in(0.95f, 1.3f));
        }
    } else if (light == INDOOR) { // a hall: daylight from far away, lamps under the ceiling
        S.sunCol = v3(0), S.skyZenith = v3(0.30f) * d.in(0.4f, 1.f), S.skyHorizon = v3(0.42f) * d.in(0.5f, 1.f), S.cloud = 0;
        S.exposure = d.in(0.8f, 1.3f);
        float top = fmaxf(S.eye.y + 0.6f, d.in(3.2f, 7.f));
        V lampCol = v3(1.f, d.in(0.86f, 1.f), d.in(0.7f, 1.05f));
        for (int i = 0; i < 3; i++) lampAt(v3(d.in(-1.f, 1.f) * (range + 1), top - 0.2f, range * (0.3f + 0.6f * i) + d.in(-0.4f, 0.4f)), lampCol * (d.in(1.2f, 2.6f) * top * top * 0.5f));
        beginGroup();
        box(v3(0, top + 0.25f, range), v3(60, 0.3f, 60), 0, CONCRETE, v3(0.4f) * d.in(0.5f, 1.5f));
        for (int i = 0; i < S.nLamps; i++) box(S.lamps[i].p + v3(0, 0.16f, 0), v3(1.3f, 0.06f, 0.25f), 0, GLOW, lampCol * 3.f);
        endGroup();
    }
}

// ---------------------------------------------------------------- things that look a little like heads or helmets

static void looseHelmet(Dice &d, V o, M3 frame) {
    if (S.nLoose < MAX_LOOSE) S.loose[S.nLoose++] = {frame, o, d.in(0.95f, 1.08f), d.chance(0.65f) ? PEAKED : d.chance(0.5f) ? FULL_BRIM : CLIMBING, tint(d, helmetColour(d), 0.14f)};
}
static M3 upright(float yaw) { return turn({v3(1, 0, 0), v3(0, 1, 0), v3(0, 0, 1)}, yaw, 0, 0); }

constexpr int ODDMENTS = 20, TRAINING_ODDMENTS = 27; // those from 20 on are round and in the colours of skin

// One thing standing at (x, y, z); y is the ground or the top of a table.
static void oddment(Dice &d, int kind, float x, float y, float z) {
    V p = v3(x, y, z), c = d.chance(0.55f) ? tint(d, helmetColour(d), 0.2f) : tint(d, paintColour(d), 0.3f), grey = v3(d.in(0.2f, 0.6f));
    float yaw = d.in(-PI, PI), k = d.in(0.8f, 1.3f);
    if (!probeColours && (kind >= ODDMENTS || d.chance(0.25f))) c = skinLike(d);
    V axis = v3(sinf(yaw), 0, cosf(yaw));
    auto up = [&](float h) { return p + v3(0, h * k, 0); };
    V ahead = norm(v3(-x, 0, -z)), side = v3(-ahead.z, 0, ahead.x); // to the camera, and across
    switch (kind) {
        case 0: // bucket
            cone(p, up(0.28f), 0.105f * k, 0.145f * k, PLAIN, c), cone(up(0.27f), up(0.285f), 0.156f * k, 0.156f * k, PLAIN, c);
            cone(up(0.284f), up(0.287f), 0.138f * k, 0.138f * k, PLAIN, v3(0.04f));
            break;
        case 1: // bucket upside down
            cone(up(0.01f), up(0.27f), 0.145f * k, 0.105f * k, PLAIN, c), cone(up(0.005f), up(0.02f), 0.156f * k, 0.156f * k, PLAIN, c);
            break;
        case 2: // bollard with a round head and a rim
            cone(p, up(0.9f), 0.085f * k, 0.085f * k, METAL, grey), cone(up(0.86f), up(0.9f), 0.12f * k, 0.12f * k, METAL, c);
            ball(up(0.9f), v3(0.1f, 0.1f, 0.1f) * k, 0, METAL, c);
            break;
        case 3: // gas cylinder
            cone(p, up(1.15f), 0.115f * k, 0.115f * k, METAL, c), ball(up(1.15f), v3(0.115f, 0.1f, 0.115f) * k, 0, METAL, d.chance(0.5f) ? c : grey);
            cone(up(1.24f), up(1.36f), 0.045f * k, 0.04f * k, METAL, grey);
            break;
        case 4: // wheel
            cone(up(0.34f) - axis * 0.1f, up(0.34f) + axis * 0.1f, 0.33f * k, 0.33f * k, PLAIN, v3(0.025f));
            cone(up(0.34f) - axis * 0.11f, up(0.34f) + axis * 0.11f, 0.19f * k, 0.19f * k, METAL, c), ball(up(0.34f) + axis * 0.11f, v3(0.07f) * k, -1, METAL, grey);
            break;
        case 5: // tyres
            for (int i = 0, n = 1 + d.below(3); i < n; i++) {
                cone(up(0.21f * i), up(0.21f * i + 0.19f), 0.32f * k, 0.32f * k, PLAIN, v3(0.03f));
                if (i == n - 1) cone(up(0.21f * i + 0.19f), up(0.21f * i + 0.193f), 0.17f * k, 0.17f * k, PLAIN, v3(0.012f));
            }
            break;
        case 6: { // round lamp on a post
            float h = d.in(1.4f, 2.6f);
            bool lit = d.chance(0.5f);
            cone(p, up(h), 0.035f, 0.03f, METAL, grey * 0.5f), ball(up(h + 0.14f), v3(0.16f) * k, -1, lit ? GLOW : PLAIN, lit ? v3(2.2f, 2.0f, 1.6f) : v3(0.75f));
            break;
        }
        case 7: { // lamp with a shade, hanging
            float h = d.in(1.5f, 2.6f);
            V q = p + v3(0, h, 0);
            cone(q, q + v3(0, 3, 0), 0.006f, 0.006f, PLAIN, v3(0.03f)), ball(q - v3(0, 0.16f, 0) * k, v3(0.19f, 0.16f, 0.19f) * k, 0.02f, METAL, c);
            ball(q - v3(0, 0.15f, 0) * k, v3(0.05f) * k, -1, GLOW, v3(5.f, 4.6f, 4.f));
            break;
        }
        case 8: { // sign
            float h = d.in(1.2f, 2.3f);
            V q = p + v3(0, h, 0), face = v3(d.in(-0.5f, 0.5f), 0, -1);
            face = norm(face);
            cone(p, q, 0.03f, 0.03f, METAL, v3(0.4f)), cone(q + face * 0.03f, q + face * 0.045f, 0.28f * k, 0.28f * k, PLAIN, c);
            cone(q + face * 0.045f, q + face * 0.05f, 0.21f * k, 0.21f * k, PLAIN, d.chance(0.6f) ? v3(0.8f) : paintColour(d));
            break;
        }
        case 9: { // mirror
            float h = d.in(1.4f, 2.4f);
            V q = p + v3(0, h, 0);
            cone(p, q, 0.035f, 0.035f, METAL, grey), cone(q + v3(0, 0, -0.02f), q + v3(0, 0, -0.05f), 0.3f * k, 0.3f * k, PLAIN, c);
            ball(q + v3(0, 0, -0.05f), v3(0.26f * k, 0.26f * k, 0.09f), -1, METAL, v3(0.7f));
            break;
        }
        case 10: // hydrant
            cone(p, up(0.6f), 0.11f * k, 0.1f * k, PLAIN, c), ball(up(0.6f), v3(0.12f, 0.12f, 0.12f) * k, 0, PLAIN, c), cone(up(0.57f), up(0.61f), 0.14f * k, 0.14f * k, PLAIN, c * 0.8f);
            cone(up(0.45f) - axis * 0.17f * k, up(0.45f) + axis * 0.17f * k, 0.05f * k, 0.05f * k, METAL, grey);
            break;
        case 11: // extinguisher
            cone(p, up(0.42f), 0.075f * k, 0.075f * k, METAL, v3(0.6f, 0.03f, 0.03f)), ball(up(0.42f), v3(0.075f, 0.06f, 0.075f) * k, 0, METAL, v3(0.6f, 0.03f, 0.03f));
            cone(up(0.47f), up(0.55f), 0.025f, 0.02f, PLAIN, v3(0.03f));
            break;
        case 12: // ball or buoy
            ball(up(0.14f), v3(0.14f, d.in(0.11f, 0.16f), 0.14f) * k, -1, PLAIN, c);
            break;
        case 13: // stool
            cone(up(0.44f), up(0.49f), 0.17f * k, 0.17f * k, PLAIN, c), cone(p, up(0.44f), 0.16f * k, 0.03f, METAL, grey * 0.4f);
            break;
        case 14: // pot with a plant
            cone(p, up(0.25f), 0.09f * k, 0.13f * k, PLAIN, v3(0.42f, 0.18f, 0.09f)), ball(up(0.40f), v3(0.16f, 0.17f, 0.16f) * k, -1, FOLIAGE, v3(0.1f));
            break;
        case 15: { // pipe with a flange
            V q = up(d.in(0.15f, 0.9f));
            cone(q - axis * 0.5f, q + axis * 0.5f, 0.1f * k, 0.1f * k, METAL, c), cone(q + axis * 0.5f, q + axis * 0.54f, 0.165f * k, 0.165f * k, METAL, grey);
            break;
        }
        case 16: // beacon on a cabinet
            box(p + v3(0, 0.5f, 0), v3(0.5f, 1.f, 0.4f), yaw, PLAIN, tint(d, paintColour(d), 0.3f)), cone(up(0.f) + v3(0, 1.f, 0), v3(x, y + 1.05f, z), 0.1f, 0.1f, PLAIN, v3(0.04f));
            ball(v3(x, y + 1.05f, z), v3(0.085f, 0.12f, 0.085f), 0, d.chance(0.4f) ? GLOW : PLAIN, d.chance(0.5f) ? v3(0.9f, 0.35f, 0.02f) : v3(0.1f, 0.2f, 0.8f));
            break;
        case 17: // valve wheel or fan
            cone(up(0.9f) - axis * 0.02f, up(0.9f) + axis * 0.02f, 0.16f * k, 0.16f * k, METAL, c), cone(up(0.9f) - axis * 0.4f, up(0.9f), 0.04f, 0.04f, METAL, grey), cone(p, up(0.9f), 0.07f, 0.07f, METAL, grey);
            ball(up(0.9f) + axis * 0.02f, v3(0.05f) * k, -1, METAL, grey);
            break;
        case 18: { // post with a helmet on it, or a hook
            float h = d.in(0.9f, 1.75f);
            box(p + v3(0, h / 2, 0), v3(0.08f, h, 0.08f), yaw, d.chance(0.5f) ? WOOD : METAL, v3(0.35f, 0.27f, 0.18f));
            if (d.chance(0.5f)) looseHelmet(d, p + v3(0, h - 0.03f, 0), upright(yaw));
            else looseHelmet(d, p + v3(axis.x, 0, axis.z) * 0.12f + v3(0, h - 0.25f, 0), turn(upright(yaw), 0, -1.4f, d.in(-0.4f, 0.4f)));
            break;
        }
        case 20: case 21: { // ends of pipes (hollow, full) or of logs, turned to the camera
            ahead = norm(ahead + side * d.in(-0.5f, 0.5f)), side = v3(-ahead.z, 0, ahead.x);
            float r = d.in(0.05f, 0.15f) * k, base = d.chance(0.5f) ? 0 : d.in(0.3f, 1.4f);
            bool hollow = kind == 20 && d.chance(0.7f);
            for (int i = 0, n = 1 + d.below(5); i < n; i++) {
                V q = p + side * ((i % 3 - 1 + 0.5f * (i / 3)) * 2.02f * r) + v3(0, base + r + (i / 3) * 1.75f * r, 0);
                cone(q, q - ahead * d.in(0.6f, 1.8f), r, r, kind == 21 ? WOOD : PLAIN, kind == 21 ? c * d.in(0.3f, 0.7f) : c);
                if (hollow) cone(q + ahead * 0.004f, q - ahead * 0.002f, r * 0.84f, r * 0.84f, PLAIN, v3(0.02f));
                else if (kind == 21) cone(q + ahead * 0.004f, q - ahead * 0.002f, r * 0.93f, r * 0.93f, PLAIN, c);
            }
            if (base > 0) box(p + v3(0, base / 2, 0), v3(6 * r, base, 0.3f), atan2f(ahead.x, ahead.z), CONCRETE, grey);
            break;
        }
        case 22: { // post with a round head
            float h = d.in(0.7f, 1.75f), r = d.in(0.06f, 0.13f);
            cone(p, p + v3(0, h, 0), r * d.in(0.4f, 1.f), r, d.chance(0.5f) ? PLAIN : METAL, d.chance(0.5f) ? c : clothColour(d));
            ball(p + v3(0, h, 0), v3(r, r * d.in(0.5f, 1.3f), r), d.chance(0.5f) ? 0.f : -1.f, PLAIN, c);
            break;
        }
        case 23: { // disc at the height of a head
            float h = d.in(0.9f, 1.9f), r = d.in(0.08f, 0.2f);
            V q = p + v3(0, h, 0), face = norm(ahead + side * d.in(-0.6f, 0.6f));
            cone(p, q, 0.025f, 0.025f, METAL, grey), cone(q, q + face * 0.03f, r, r, d.chance(0.3f) ? WOOD : PLAIN, c);
            if (d.chance(0.4f)) cone(q + face * 0.03f, q + face * 0.034f, r * d.in(0.1f, 0.6f), r * 0.5f, PLAIN, d.chance(0.5f) ? v3(0.03f) : skinLike(d));
            break;
        }
        case 24: { // barrel lying with an end to the camera
            float r = d.in(0.2f, 0.3f);
            V q = p + v3(0, r, 0), face = norm(ahead + side * d.in(-0.7f, 0.7f));
            cone(q, q - face * 0.85f, r, r, METAL, d.chance(0.5f) ? c : tint(d, paintColour(d), 0.3f)), cone(q + face * 0.01f, q - face * 0.02f, r * 1.03f, r * 1.03f, METAL, c * 0.8f);
            cone(q + face * 0.012f, q, r * 0.94f, r * 0.94f, PLAIN, c), cone(q + face * 0.03f + v3(0, r * 0.6f, 0), q + v3(0, r * 0.6f, 0), 0.03f, 0.03f, METAL, grey);
            break;
        }
        case 25: { // glove on a post, fingers up or down
            float h = d.in(0.5f, 1.6f), turned = d.chance(0.7f) ? 1.f : -1.f;
            V q = p + v3(0, h, 0), glove = d.chance(0.5f) ? c : clothColour(d);
            cone(p, q, 0.03f, 0.03f, d.chance(0.5f) ? WOOD : METAL, grey), ball(q + v3(0, 0.05f * turned, 0), v3(0.055f, 0.07f, 0.04f) * k, -1, PLAIN, glove);
            for (int i = 0; i < 4; i++) {
                V root = q + side * ((i - 1.5f) * 0.024f * k) + v3(0, 0.1f * turned * k, 0);
                cone(root, root + side * ((i - 1.5f) * 0.01f) + v3(0, d.in(0.05f, 0.08f) * turned * k, 0), 0.013f * k, 0.011f * k, PLAIN, glove);
            }
            break;
        }
        case 26: // a heap of balls, pots upside down or sacks
            for (int i = 0, n = 1 + d.below(4); i < n; i++) {
                float r = d.in(0.08f, 0.16f) * k;
                ball(p + side * ((i - 1.5f) * 0.27f) + v3(0, r * 0.9f + (d.chance(0.3f) ? 0.12f : 0.f), 0), v3(r, r * d.in(0.75f, 1.3f), r), d.chance(0.3f) ? 0.f : -1.f, d.chance(0.3f) ? METAL : PLAIN, i % 2 ? skinLike(d) : c);
            }
            break;
        default: // a helmet lying about, the right way up or not
            looseHelmet(d, p + v3(0, 0.0f, 0), upright(yaw));
            if (d.chance(0.3f)) {
                M3 &f = S.loose[S.nLoose - 1].frame;
                f = turn(upright(yaw), 0, 0, PI), S.loose[S.nLoose - 1].o.y = y + 0.18f;
            }
    }
}
static void machine(Dice &d, float x, float z, float yaw) { // a digger, roughly
    V c = tint(d, d.chance(0.6f) ? v3(0.75f, 0.48f, 0.03f) : paintColour(d), 0.2f);
    box(v3(x, 1.0f, z), v3(2.6f, 0.8f, 1.6f), yaw, PLAIN, c), box(at(x, z, yaw, -0.4f, 1.9f, 0), v3(1.2f, 1.1f, 1.3f), yaw, GLASS, v3(0.1f));
    box(at(x, z, yaw, -0.4f, 2.48f, 0), v3(1.3f, 0.08f, 1.4f), yaw, PLAIN, c), box(at(x, z, yaw, 1.5f, 1.7f, 0), v3(1.8f, 0.3f, 0.3f), yaw, PLAIN, c * 0.9f);
    V axis = v3(sinf(yaw), 0, cosf(yaw));
    for (int i = -1; i <= 1; i += 2)
        for (int s = -1; s <= 1; s += 2) {
            V q = at(x, z, yaw, i * 0.85f, 0.45f, s * 0.72f);
            cone(q - axis * 0.16f, q + axis * 0.16f, 0.45f, 0.45f, PLAIN, v3(0.03f)), cone(q - axis * 0.17f, q + axis * 0.17f, 0.22f, 0.22f, METAL, c);
        }
}
static float table(Dice &d, float x, float z, float yaw) { // returns the height of its top
    float h = d.in(0.7f, 1.1f);
    box(v3(x, h - 0.02f, z), v3(1.3f, 0.04f, 0.7f), yaw, d.chance(0.6f) ? WOOD : PLAIN, tint(d, v3(0.45f, 0.34f, 0.22f), 0.4f));
    for (int i = -1; i <= 1; i += 2) box(at(x, z, yaw, i * 0.6f, h / 2 - 0.02f, 0), v3(0.05f, h - 0.04f, 0.6f), yaw, METAL, v3(0.3f));
    return h;
}

// ---------------------------------------------------------------- a still

static const char *const SHOTS[] = {"group", "close", "far", "above", "behind", "bent", "things", "carried", "site"};
enum { GROUP, CLOSE, FAR, ABOVE, BEHIND, BENT, THINGS, CARRIED, SITE, SHOT_COUNT };

static int drawn(Dice &d, const float *weights, int n) {
    float sum = 0, u = d.u();
    for (int i = 0; i < n; i++)
        if ((sum += weights[i]) > u) return i;
    return 0;
}

struct Still {
    int shot, light;
};

// `shot` and `light` as in SHOTS and LIGHTS, -1 for any; returns what was drawn.
static Still randomStill(uint32_t seed, int spp, int shot, int light) {
    static const float trainingShare[] = {0.10f, 0.15f, 0.13f, 0.12f, 0.08f, 0.05f, 0.15f, 0.08f, 0.14f}, trainingLight[] = {0.24f, 0.12f, 0.07f, 0.10f, 0.11f, 0.10f, 0.20f, 0.06f};
    static const float probeShare[] = {0.18f, 0.27f, 0.06f, 0.11f, 0.13f, 0.06f, 0.11f, 0.08f, 0}, lightShare[] = {0.26f, 0.22f, 0.10f, 0.10f, 0.06f, 0.14f, 0.06f, 0.06f};
    static const float nearest[] = {12, 85, 7, 18, 20, 20, 25, 28, 9}, widest[] = {130, 430, 20, 220, 280, 200, 160, 220, 44};
    Dice d = {hash32(seed)};
    memset(&S, 0, sizeof S);
    static const int sizes[][2] = {{640, 360}, {640, 360}, {640, 480}, {512, 512}, {480, 640}, {576, 432}};
    const int *size = sizes[d.below(6)];
    S.w = size[0], S.h = size[1], S.spp = spp, S.seed = seed;
    int anyShot = drawn(d, probeColours ? probeShare : trainingShare, SHOT_COUNT), anyLight = drawn(d, probeColours ? lightShare : trainingLight, 8);
    if (shot < 0) shot = anyShot;
    if (light < 0) light = shot == SITE && d.chance(0.4f) ? SUN : anyLight;
    const float helmets = probeColours ? 0.36f : shot == SITE ? 0.62f : shot == FAR ? 0.42f : 0.5f; // share of people who wear one

    // camera: a reference width of heads decides how far away they are
    float aspect = S.w / (float)S.h;
    S.focal = aspect / tanf(d.in(34, 66) * PI / 360);
    if (aspect < 1) S.focal = 1.f / tanf(d.in(34, 66) * PI / 360);
    float px = expf(d.in(logf(nearest[shot]), logf(widest[shot])));
    if (!probeColours && shot == CLOSE && d.chance(0.5f)) px = expf(d.in(logf(200.f), logf(560.f)));
    if (!probeColours && shot == FAR && d.chance(0.5f)) px = expf(d.in(logf(8.f), logf(50.f)));
    float range = clampf(S.focal * S.h * 0.5f * 0.21f / px, 0.32f, 40.f);
    bool helmetFirst = d.chance(shot == CARRIED ? 1.f : helmets);
    Look first = randomLook(d, helmetFirst);
    float headY = first.height * 0.93f, height, pitch;
    if (shot == ABOVE) {
        height = headY + clampf(range, 0.9f, 8.f);
        pitch = d.in(0.75f, 1.52f);
        if (!probeColours && d.chance(0.5f)) pitch = d.in(1.25f, 1.54f);
        range = (height - headY) / tanf(pitch);
    } else {
        height = range < 3 ? headY + range * d.in(-0.25f, 0.6f) : clampf(shot == SITE ? d.in(2.6f, 5.2f) : d.in(1.6f, 6.0f), 1.6f, 1.7f + range * 0.75f);
        height = fmaxf(height, 0.5f);
        float target = range < 3 ? headY : 1.4f;
        pitch = range < 3 ? atan2f(height - target, range) : 0.5f * (atan2f(height - 1.5f, range) + atan2f(height - 1.3f, 1.8f * range));
        pitch += d.in(-0.3f, 0.4f) / S.focal;
    }
    bool headless = shot == THINGS && d.chance(probeColours ? 0.2f : 0.3f); // gloves, knees, vests from near, the head above the picture
    if (headless) range = d.in(0.9f, 1.8f), height = d.in(0.6f, 1.3f), pitch = atan2f(height - d.in(0.3f, 0.8f), range);
    S.eye = v3(0, height, 0);
    float roll = d.chance(0.3f) ? d.in(-0.09f, 0.09f) : 0;
    M3 cam = turn({v3(1, 0, 0), v3(0, 1, 0), v3(0, 0, 1)}, 0, pitch, roll);
    S.right = cam.x, S.up = cam.y, S.fwd = cam.z;
    if (shot != CLOSE && d.chance(0.10f)) S.fisheye = 1.f / S.focal, S.focal *= 0.8f;
    if (d.chance(0.10f)) {
        float way = d.in(2.f, 12.f), a = d.in(-PI, PI);
        S.shakeX = way * cosf(a), S.shakeY = way * sinf(a) * 0.5f;
    }
    float half = aspect / S.focal;
    setLight(d, light, range);
    S.groundType = d.below(4);
    static const V grounds[] = {{0.32f, 0.31f, 0.29f}, {0.13f, 0.13f, 0.135f}, {0.36f, 0.26f, 0.17f}, {0.26f, 0.24f, 0.15f}};
    S.groundCol = tint(d, grounds[S.groundType], 0.25f), S.groundSeed = d.in(0, 100);

    // people
    int n = shot == CLOSE ? 1 + d.chance(0.3f) + d.chance(0.15f) : shot == FAR ? 4 + d.below(7) : shot == SITE ? 4 + d.below(6) : shot == THINGS ? (d.chance(0.3f) || headless) : 1 + d.below(6);
    std::vector<V> spots;
    for (int i = 0, tries = 0; i < n && tries < 120; tries++) {
        float x, z, depth = 0;
        bool helmet = i == 0 ? helmetFirst : shot == CARRIED ? d.chance(0.8f) : d.chance(helmets);
        Look k = i == 0 ? first : randomLook(d, helmet);
        if (!probeColours && (light == SUN || light == BACKLIGHT) && shot != CLOSE && k.headgear == HARDHAT && d.chance(0.4f)) k.helm = v3(d.in(0.76f, 0.94f)); // white in glaring sun
        if (shot == ABOVE) { // where a ray through the picture comes down to the heads
            V ray = norm(S.fwd * S.focal + S.right * (d.in(-0.85f, 0.85f) * aspect) + S.up * d.in(-0.85f, 0.85f));
            if (ray.y > -0.15f) continue;
            float t = (k.height * 0.93f - S.eye.y) / ray.y;
            x = ray.x * t, z = ray.z * t;
        } else {
            depth = shot == CLOSE ? (i == 0 ? d.in(0.95f, 1.1f) * range : range + d.in(0.7f, 3.f)) : range * (i == 0 ? d.in(0.85f, 1.15f) : d.in(0.8f, 2.4f));
            z = depth, x = d.in(-0.9f, 0.9f) * half * z;
            if (shot == CLOSE && i == 0) x *= 0.7f;
        }
        bool ok = true;
        for (V q : spots) ok = ok && (x - q.x) * (x - q.x) + (z - q.z) * (z - q.z) > 0.40f;
        V head = v3(x, k.height * 0.93f, z) - S.eye; // nearly all heads inside the picture, a few at its edge
        float hz = dot(head, S.fwd), hy = dot(head, S.up) / hz * S.focal;
        if (!headless && (hz < 0.25f || (fabsf(hy) > 0.92f && !d.chance(0.06f)))) ok = false;
        if (!ok) continue;
        spots.push_back(v3(x, 0, z));
        Pose p = randomPose(d, shot == BENT ? 1.f : shot == CLOSE && i == 0 ? 0.f : 0.25f);
        if (shot == BENT) p.walk = 0;
        if (shot == BEHIND) p.yaw = d.in(-0.9f, 0.9f) - atan2f(-x, z), p.headYaw = d.in(-0.5f, 0.5f);
        if (shot == CLOSE && d.chance(0.55f)) p.yaw = PI + atan2f(x, z) + d.in(-1.f, 1.f);
        p.x = x, p.z = z;
        if (k.headgear == HARDHAT && d.chance(shot == CARRIED ? 0.75f : 0.05f) && p.lean < 0.15f) {
            p.prop = 0, p.handW[1] = 0;
            if (d.chance(0.6f)) p.off = 1; // the helmet in the hand: a bare head
            else { // held before the chest
                k.headgear = BARE;
                gesture(p, CARRY, 1, 0);
                float f = d.in(0.24f, 0.3f);
                looseHelmet(d, v3(x + sinf(p.yaw) * f, d.in(0.98f, 1.1f) * k.height / 1.76f, z + cosf(p.yaw) * f), turn(upright(p.yaw + d.in(-1.f, 1.f)), 0, d.in(-0.6f, 0.4f), 0));
            }
        }
        S.people[S.nPeople++] = build(k, p);
        i++;
    }

    // things, kept clear of the people and of the camera
    auto clear = [&](float x, float z, float r) {
        if (z < range * 0.45f + r || x * x + z * z < (r + 0.4f) * (r + 0.4f)) return false;
        for (V q : spots)
            if ((x - q.x) * (x - q.x) + (z - q.z) * (z - q.z) < r * r) return false;
        return true;
    };
    float far = range * 2.6f + d.in(3, 14);
    bool open = d.chance(0.25f);
    static const int walls[] = {BRICK, CONCRETE, CLADDING, CLADDING, PLAIN, CORRUGATED};
    if (!open) {
        beginGroup();
        float wh = d.in(3, 12), yaw = d.in(-0.25f, 0.25f), wx = d.in(-5, 5);
        int m = walls[d.below(6)];
        V c = m == BRICK ? tint(d, v3(0.34f, 0.15f, 0.10f), 0.3f) : tint(d, paintColour(d), 0.3f);
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
            } else box(v3(x, hgt / 2, z), v3(d.in(4, 12), hgt, 5), d.in(-1, 1), walls[d.below(6)], tint(d, paintColour(d), 0.3f));
        }
        endGroup();
        if (d.chance(0.5f)) fence(-25, 25, far, v3(0.35f, 0.38f, 0.36f));
    }
    auto room = [&] { return S.nGroups < MAX_GROUPS - 4 && S.nBoxes < MAX_BOXES - 60 && S.nCones < MAX_CONES - 24; };
    int small = shot == THINGS ? 7 + d.below(9) : shot == CARRIED ? 2 + d.below(4) : shot == SITE ? 1 + d.below(5) : d.chance(0.5f) ? 1 + d.below(3) : 0;
    for (int i = 0, tries = 0; i < small && tries < 60 && room() && S.nBalls < MAX_BALLS - 4; tries++) {
        float z = d.in(0.75f, 2.2f) * fmaxf(range, 0.8f), x = d.in(-0.95f, 0.95f) * half * z, yaw = d.in(-PI, PI);
        if (shot == ABOVE) {
            V ray = norm(S.fwd * S.focal + S.right * (d.in(-0.9f, 0.9f) * aspect) + S.up * d.in(-0.9f, 0.9f));
            if (ray.y > -0.2f) continue;
            x = -ray.x / ray.y * S.eye.y, z = -ray.z / ray.y * S.eye.y;
        }
        if (!clear(x, z, 0.55f)) continue;
        beginGroup();
        if (d.chance(shot == CARRIED ? 0.5f : 0.22f)) {
            float top = table(d, x, z, yaw);
            for (int k = 0, m = 1 + d.below(3); k < m; k++) {
                V q = at(x, z, yaw, -0.45f + 0.45f * k, top, d.in(-0.15f, 0.15f));
                static const int onTable[] = {0, 1, 11, 12, 14, 19, 19, 19};
                oddment(d, onTable[d.below(8)], q.x, q.y, q.z);
            }
        } else if (d.chance(0.07f) && clear(x, z, 2.2f)) machine(d, x, z, yaw);
        else oddment(d, shot == CARRIED && d.chance(0.5f) ? 18 + d.below(2) : probeColours ? d.below(ODDMENTS) : d.chance(0.25f) ? ODDMENTS + d.below(TRAINING_ODDMENTS - ODDMENTS) : d.below(TRAINING_ODDMENTS), x, 0, z);
        endGroup();
        i++;
    }
    int things = 2 + d.below(7);
    for (int i = 0, tries = 0; i < things && tries < 60 && room(); tries++) {
        float z = d.in(0.7f, 2.5f) * range, x = d.in(-1.1f, 1.1f) * half * z, yaw = d.in(-PI, PI);
        int kind = d.below(11);
        if (!probeColours && d.chance(0.15f)) kind = d.chance(0.6f) ? 6 : 4;
        V paint = tint(d, paintColour(d), 0.3f);
        if (!probeColours && (kind == 3 || kind == 6 || kind == 9) && d.chance(0.5f)) paint = skinLike(d);
        if (!probeColours && (kind == 4 || kind == 6) && d.chance(0.6f)) yaw = atan2f(z, -x) + d.in(-0.5f, 0.5f); // their ends to the camera
        if (kind == 0 && clear(x, z, 3.9f)) container(x, z, yaw, 6.06f, paint);
        else if (kind == 1 && clear(x, z, 1.1f)) cartons(x, z, yaw, d.in(0.8f, 2.2f), d.chance(0.6f) ? v3(0.44f, 0.32f, 0.20f) : paint, d.chance(0.7f) ? CARTON : PLAIN);
        else if (kind == 2 && clear(x, z, 1.1f)) palletStack(x, z, yaw, 2 + d.below(9));
        else if (kind == 3 && clear(x, z, 1.1f)) drums(x, z, 1 + d.below(4), paint, tint(d, paintColour(d), 0.3f));
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
    return {shot, light};
}
