// The script of the demo clip: the yard, its people, where they walk and when the helmet comes off.
#pragma once

constexpr int CLIP_FRAMES = 625;
constexpr float CLIP_FPS = 25;

struct Key {
    float t, x, z, face; // face: degrees while standing; 0 looks away from the camera, 180 at it, 90 to the right
};
struct Act {
    int gesture;
    float from, to;
};
struct Glance {
    float from, to, yaw, pitch; // degrees
};
struct Actor {
    int id;
    const char *name, *colour;
    Look look;
    std::vector<Key> keys;
    std::vector<Act> acts;
    std::vector<Glance> glances;
    int prop;
    float takesOff; // seconds, < 0 never
};

struct Clip {
    std::vector<Actor> cast;
    std::vector<Pose> poses;
    std::vector<float> heading, phase;

    Clip() {
        auto person = [&](int id, const char *name, const char *colour) -> Actor & {
            Actor a = {};
            a.id = id, a.name = name, a.colour = colour, a.takesOff = -1;
            a.look.seed = id * 3.7f;
            cast.push_back(a);
            return cast.back();
        };
        const V orange = v3(0.88f, 0.20f, 0.03f), lime = v3(0.55f, 0.78f, 0.06f);
        {
            Actor &a = person(1, "foreman", "white");
            a.look.headgear = HARDHAT, a.look.helm = v3(0.82f), a.look.sticker = 1, a.look.vest = orange, a.look.height = 1.80f, a.look.girth = 1.06f;
            a.look.shirt = v3(0.16f, 0.22f, 0.36f), a.look.pants = v3(0.10f, 0.10f, 0.11f), a.look.skin = v3(0.55f, 0.36f, 0.27f), a.look.hairCol = v3(0.12f, 0.09f, 0.07f);
            a.keys = {{0, 0.45f, 10.3f, 120}, {14.5f, 0.45f, 10.3f, 215}, {16.5f, 1.2f, 9.0f, 200}, {20.6f, 4.6f, 7.9f, 0}, {25, 8.f, 8.f, 0}};
            a.acts = {{CLIPBOARD, 0.f, 25.f}}, a.prop = 2;
            a.glances = {{2, 4, -20, -18}, {6, 8, 35, -15}, {10, 12, 40, -12}, {18, 20, 0, -15}};
        }
        {
            Actor &a = person(2, "fitter", "red");
            a.look.headgear = HARDHAT, a.look.helm = v3(0.62f, 0.035f, 0.03f), a.look.vest = lime, a.look.height = 1.74f;
            a.look.shirt = v3(0.28f, 0.28f, 0.30f), a.look.pants = v3(0.22f, 0.19f, 0.13f), a.look.skin = v3(0.50f, 0.32f, 0.23f), a.look.strap = 1;
            a.keys = {{0, 1.45f, 9.9f, -65}, {8.6f, 1.45f, 9.9f, -65}, {11.4f, 1.25f, 12.8f, 0}, {13.0f, 2.2f, 14.3f, 90}, {15.5f, 5.2f, 14.3f, 0}, {25, 9.f, 14.6f, 0}};
            a.acts = {{TALK, 0.f, 4.2f}, {HIPS, 4.6f, 8.4f}};
            a.glances = {{3, 4.5f, 30, 0}, {6.5f, 7.8f, -25, 0}};
        }
        {
            Actor &a = person(3, "driver", "bare");
            a.look.headgear = BARE, a.look.hair = SHORT, a.look.vest = orange, a.look.height = 1.78f, a.look.hairCol = v3(0.025f, 0.018f, 0.014f);
            a.look.shirt = v3(0.42f, 0.42f, 0.44f), a.look.pants = v3(0.07f, 0.10f, 0.19f), a.look.skin = v3(0.52f, 0.33f, 0.24f), a.look.bareArms = 1;
            a.keys = {{0, -7.0f, 11.6f, 90}, {1, -6.0f, 11.6f, 90}, {5.2f, -1.6f, 11.8f, 90}, {6.9f, -0.2f, 11.3f, 150}, {12.2f, -0.2f, 11.3f, 170},
                    {14.4f, -0.9f, 9.9f, 0}, {17.4f, -3.4f, 7.9f, 0}, {25, -9.f, 5.5f, 0}};
            a.acts = {{HIPS, 8.0f, 11.4f}};
            a.glances = {{2, 4, 35, 0}, {8, 10, 25, 0}, {12, 15, 10, 5}};
        }
        {
            Actor &a = person(4, "rigger", "yellow");
            a.look.headgear = HARDHAT, a.look.helm = v3(0.85f, 0.56f, 0.02f), a.look.top = JACKET_STRIPES, a.look.shirt = v3(0.05f, 0.11f, 0.30f);
            a.look.pants = v3(0.05f, 0.11f, 0.29f), a.look.height = 1.77f, a.look.skin = v3(0.54f, 0.35f, 0.26f), a.look.hairCol = v3(0.05f, 0.03f, 0.02f);
            a.look.beard = 1, a.look.sticker = 1, a.look.stickerCol = v3(0.5f, 0.03f, 0.03f);
            a.keys = {{0, -4.6f, 8.2f, 90}, {1, -3.6f, 8.1f, 90}, {4.6f, -0.1f, 7.3f, 165}, {17.0f, -0.1f, 7.3f, 170}, {20.4f, 2.9f, 6.4f, 90}, {25, 7.6f, 6.2f, 90}};
            a.takesOff = 10.8f;
            a.acts = {{WIPE, 14.0f, 15.7f}};
            a.glances = {{5.5f, 7.5f, 40, 0}, {8, 9.5f, -25, 0}, {12.8f, 13.8f, -15, 8}, {15.8f, 16.8f, 20, 0}};
        }
        {
            Actor &a = person(5, "carrier", "blue");
            a.look.headgear = HARDHAT, a.look.helm = v3(0.03f, 0.11f, 0.50f), a.look.vest = lime, a.look.height = 1.72f, a.look.girth = 1.1f;
            a.look.shirt = v3(0.35f, 0.08f, 0.07f), a.look.pants = v3(0.12f, 0.12f, 0.13f), a.look.skin = v3(0.20f, 0.11f, 0.075f);
            a.keys = {{0, 5.2f, 14.0f, 0}, {2.5f, 5.2f, 14.0f, 0}, {5.6f, 1.5f, 13.6f, 0}, {8.0f, -0.9f, 12.4f, 0}, {10.6f, -2.35f, 9.9f, 0}, {12.8f, -3.4f, 8.2f, 0},
                    {15.5f, -5.2f, 6.2f, 0}, {25, -12.f, 2.f, 0}};
            a.acts = {{CARRY, 0.f, 25.f}}, a.prop = 1;
            a.glances = {{6, 7.2f, 30, 0}};
        }
        {
            Actor &a = person(6, "clerk", "bare");
            a.look.headgear = BARE, a.look.hair = PONYTAIL, a.look.female = 1, a.look.vest = lime, a.look.height = 1.67f, a.look.girth = 0.92f;
            a.look.hairCol = v3(0.26f, 0.15f, 0.07f), a.look.shirt = v3(0.62f, 0.63f, 0.66f), a.look.pants = v3(0.05f, 0.06f, 0.10f), a.look.skin = v3(0.60f, 0.41f, 0.32f);
            a.keys = {{0, 6.6f, 8.4f, 0}, {9, 5.4f, 8.6f, 0}, {12.6f, 1.5f, 8.5f, 0}, {15.2f, -0.75f, 9.6f, 0}, {17.4f, -2.2f, 11.2f, -40}, {20.2f, -2.2f, 11.2f, -150},
                    {23.8f, -0.2f, 7.4f, 170}, {25.5f, 0.2f, 6.6f, 190}};
            a.acts = {{PHONE, 17.8f, 20.0f}};
            a.glances = {{10, 12, -20, 5}, {18.0f, 19.5f, 15, 0}};
        }
        {
            Actor &a = person(7, "scaffolder", "orange");
            a.look.headgear = HARDHAT, a.look.helm = v3(0.85f, 0.22f, 0.02f), a.look.vest = orange, a.look.height = 1.75f;
            a.look.shirt = v3(0.09f, 0.15f, 0.10f), a.look.pants = v3(0.25f, 0.23f, 0.20f), a.look.skin = v3(0.34f, 0.20f, 0.14f), a.look.gloves = 1;
            a.keys = {{0, -2.5f, 13.4f, -30}, {3.2f, -2.5f, 13.4f, -150}, {7.5f, -2.5f, 13.4f, 170}, {10.6f, -0.7f, 14.0f, 90}, {13.6f, 1.9f, 14.6f, 90},
                    {16.6f, 1.9f, 14.6f, 140}, {19.5f, 4.6f, 15.0f, 90}, {25, 8.f, 15.f, 0}};
            a.acts = {{POINT, 0.6f, 2.8f}, {WAVE, 14.2f, 15.8f}};
            a.glances = {{4, 6, 20, -10}};
        }
        {
            Actor &a = person(8, "visitor", "bare");
            a.look.headgear = BARE, a.look.hair = SHORT, a.look.top = PLAIN_TOP, a.look.height = 1.82f, a.look.hairCol = v3(0.045f, 0.042f, 0.040f);
            a.look.shirt = v3(0.46f, 0.54f, 0.66f), a.look.pants = v3(0.08f, 0.08f, 0.09f), a.look.skin = v3(0.36f, 0.215f, 0.15f);
            a.keys = {{0, 6.2f, 10.1f, -90}, {16.5f, 6.2f, 9.9f, -90}, {18.0f, 4.6f, 9.7f, -90}, {21.6f, 1.0f, 9.4f, 200}, {25, 1.0f, 9.4f, 190}};
            a.acts = {{FOLDED, 22.2f, 25.5f}};
            a.glances = {{22.5f, 24, -30, 0}};
        }
        poses.resize(cast.size()), heading.resize(cast.size()), phase.resize(cast.size());
        for (size_t i = 0; i < cast.size(); i++) phase[i] = 0.37f * i;
    }

    int id(int person) const { return cast[present[person]].id; }

    static void along(const Actor &a, float t, float &x, float &z, float &face) {
        const std::vector<Key> &k = a.keys;
        size_t i = 0;
        while (i + 2 < k.size() && t >= k[i + 1].t) i++;
        float u = sat((t - k[i].t) / (k[i + 1].t - k[i].t));
        x = mixf(k[i].x, k[i + 1].x, u), z = mixf(k[i].z, k[i + 1].z, u);
        face = k[i].x == k[i + 1].x && k[i].z == k[i + 1].z ? k[u > 0.5f ? i + 1 : i].face : k[i + 1].face;
    }
    static void place(const Actor &a, float t, float &x, float &z, float &face) { // corners and stops rounded by averaging over time
        const int n = 15;
        x = z = 0;
        for (int i = 0; i < n; i++) {
            float xi, zi, f;
            along(a, t + (i - n / 2) * 0.9f / n, xi, zi, f);
            x += xi / n, z += zi / n;
            if (i == n / 2) face = f;
        }
    }

    void advance(int frame) {
        float t = frame / CLIP_FPS, dt = 1 / CLIP_FPS;
        for (size_t i = 0; i < cast.size(); i++) {
            const Actor &a = cast[i];
            float x, z, x0, z0, face, f0;
            place(a, t, x, z, face), place(a, t - dt, x0, z0, f0);
            float vx = (x - x0) / dt, vz = (z - z0) / dt, speed = sqrtf(vx * vx + vz * vz);
            float want = speed > 0.25f ? atan2f(vx, vz) : face * PI / 180;
            if (frame == 0) heading[i] = want;
            float d = remainderf(want - heading[i], 2 * PI);
            heading[i] += clampf(d * 0.16f, -4.2f * dt, 4.2f * dt);
            Pose p;
            p.x = x, p.z = z, p.yaw = heading[i];
            p.walk = smooth(0.05f, 0.7f, speed);
            p.stride = 1.28f * a.look.height / 1.76f * sqrtf(clampf(speed / 1.25f, 0.15f, 1.6f));
            phase[i] += speed * dt / p.stride;
            p.phase = phase[i];
            float q = t + a.id * 5.3f, idle = 1 - p.walk;
            p.sway = idle * 0.10f * sinf(0.7f * q);
            p.twist = idle * 0.10f * sinf(0.43f * q + 1);
            p.headYaw = clampf(d * 0.5f, -0.5f, 0.5f) + idle * 0.10f * sinf(0.9f * q), p.headPitch = 0.06f + 0.03f * sinf(1.3f * q);
            p.rest[0] = idle * 0.06f * sinf(0.8f * q), p.rest[1] = idle * 0.05f * sinf(0.9f * q + 2);
            for (const Glance &g : a.glances) {
                float w = smooth(g.from, g.from + 0.5f, t) * (1 - smooth(g.to - 0.5f, g.to, t));
                p.headYaw += w * g.yaw * PI / 180, p.headPitch += w * g.pitch * PI / 180;
            }
            for (const Act &g : a.acts) gesture(p, g.gesture, smooth(g.from - 0.01f, g.from + 0.5f, t) * (1 - smooth(g.to - 0.5f, g.to, t)), q);
            p.prop = a.prop, p.propCol = a.prop == 1 ? v3(0.42f, 0.29f, 0.17f) : v3(0.16f, 0.09f, 0.05f);
            if (a.takesOff >= 0) takeOff(p, t - a.takesOff);
            poses[i] = p;
        }
    }
    // The right hand goes to the peak, lifts the helmet, brings it down in front and lets it hang at the side.
    static void takeOff(Pose &p, float t) {
        if (t < -1.2f) return;
        const V peak = v3(0.02f, 1.62f, 0.17f), above = v3(0.06f, 1.74f, 0.24f), front = v3(0.26f, 1.30f, 0.33f), side = v3(0.27f, 0.98f, 0.12f);
        V h = mixv(front, peak, smooth(-1.2f, -0.2f, t));
        if (t > 0) h = mixv(h, above, smooth(0, 0.5f, t));
        if (t > 0.4f) h = mixv(h, front, smooth(0.4f, 1.2f, t));
        if (t > 1.1f) h = mixv(h, side, smooth(1.1f, 1.9f, t));
        float w = smooth(-1.2f, -0.4f, t) * (1 - 0.75f * smooth(1.8f, 2.6f, t));
        p.hand[1] = h, p.handW[1] = w;
        p.headPitch += 0.16f * smooth(-0.8f, 0, t) * (1 - smooth(0.3f, 1.0f, t));
        if (t >= 0) p.off = sat(t / 1.6f);
    }

    std::vector<int> present;

    void frame(int w, int h, int spp, int f) {
        memset(&S, 0, sizeof S);
        S.w = w, S.h = h, S.spp = spp, S.seed = 1000 + f;
        camera();
        yard();
        present.clear();
        for (size_t i = 0; i < cast.size(); i++) {
            const Pose &p = poses[i];
            V c = v3(p.x, 1.f, p.z) - S.eye;
            // people far outside the picture are not drawn, unless their shadow could fall into it
            if (dot(c, S.fwd) < 1 || fabsf(dot(c, S.right)) > dot(c, S.fwd) * (S.w / (float)S.h) / S.focal + 3.f) continue;
            present.push_back((int)i);
            S.people[S.nPeople++] = build(cast[i].look, p);
        }
    }

    static void camera() {
        S.eye = v3(0, 4.2f, 0);
        float pitch = 15.2f * PI / 180;
        S.fwd = v3(0, -sinf(pitch), cosf(pitch)), S.right = v3(1, 0, 0), S.up = v3(0, cosf(pitch), sinf(pitch));
        S.focal = 4.19f; // 46 degrees across a 16:9 picture
    }

    static void yard() {
        S.sunDir = norm(v3(-0.62f, 0.80f, -0.42f)), S.sunCol = v3(4.3f, 3.9f, 3.3f), S.sunSize = 0.012f;
        S.skyZenith = v3(0.30f, 0.44f, 0.72f), S.skyHorizon = v3(0.70f, 0.76f, 0.82f), S.cloud = 0.2f;
        S.exposure = 0.80f, S.fog = 0.0022f, S.saturation = 0.95f, S.vignette = 0.24f, S.contrast = 1.0f, S.whiteBalance = v3(1.0f, 1.0f, 1.01f);
        S.groundType = 0, S.groundCol = v3(0.30f, 0.29f, 0.27f), S.groundSeed = 3.3f;
        // the hall at the back
        beginGroup();
        box(v3(-3, 3.6f, 20.5f), v3(26, 6.0f, 1), 0, CLADDING, v3(0.42f, 0.46f, 0.48f));
        box(v3(-3, 0.4f, 20.0f), v3(26, 0.8f, 0.3f), 0, CONCRETE, v3(0.36f));
        endGroup();
        beginGroup();
        box(v3(-1.2f, 2.0f, 19.85f), v3(4.2f, 4.0f, 0.12f), 0, ROLLER, v3(0.50f, 0.52f, 0.50f));
        for (int i = -1; i <= 1; i += 2) box(v3(-1.2f + i * 2.25f, 2.05f, 19.8f), v3(0.3f, 4.1f, 0.26f), 0, HAZARD, v3(0.5f));
        box(v3(-6.4f, 2.6f, 19.93f), v3(2.7f, 1.3f, 0.1f), 0, GLASS, v3(0.1f));
        box(v3(2.9f, 1.1f, 19.9f), v3(1.0f, 2.15f, 0.14f), 0, PLAIN, v3(0.10f, 0.22f, 0.14f));
        box(v3(5.8f, 2.6f, 19.93f), v3(2.7f, 1.3f, 0.1f), 0, GLASS, v3(0.1f));
        endGroup();
        container(5.25f, 11.9f, 0.0f, 6.06f, v3(0.05f, 0.15f, 0.30f));
        container(-7.3f, 16.6f, 0.25f, 6.06f, v3(0.36f, 0.11f, 0.06f));
        // the canopy's column, with a crash guard
        beginGroup();
        box(v3(-1.25f, 3.2f, 8.9f), v3(0.24f, 6.4f, 0.24f), 0, PLAIN, v3(0.42f, 0.43f, 0.42f));
        box(v3(-1.25f, 0.55f, 8.9f), v3(0.34f, 1.1f, 0.34f), 0, HAZARD, v3(0.5f));
        box(v3(-1.25f, 0.04f, 8.9f), v3(0.5f, 0.08f, 0.5f), 0, CONCRETE, v3(0.35f));
        endGroup();
        cartons(-3.75f, 10.35f, 0.08f, 2.05f, v3(0.44f, 0.32f, 0.20f), CARTON);
        cartons(-5.05f, 10.5f, -0.05f, 1.10f, v3(0.40f, 0.30f, 0.19f), CARTON);
        palletStack(-4.6f, 12.9f, 0.2f, 6);
        sacks(2.75f, 7.4f, -0.25f, 5, v3(0.52f, 0.49f, 0.42f));
        drums(1.35f, 11.3f, 3, v3(0.04f, 0.12f, 0.28f), v3(0.30f, 0.07f, 0.05f));
        timber(-3.1f, 6.5f, 0.35f, 5, 3);
        beginGroup();
        trafficCone(-0.1f, 16.4f), trafficCone(0.9f, 16.4f), trafficCone(-3.4f, 15.4f);
        endGroup();
        beginGroup();
        barrier(-4.3f, 17.6f, 0.05f, v3(0.42f)), barrier(4.6f, 18.0f, -0.03f, v3(0.42f));
        endGroup();
        // waste skip and a notice on the wall
        beginGroup();
        box(v3(2.3f, 0.75f, 18.2f), v3(2.2f, 1.2f, 1.4f), -0.1f, METAL, v3(0.06f, 0.20f, 0.09f));
        box(v3(2.3f, 1.38f, 18.2f), v3(2.3f, 0.1f, 1.5f), -0.1f, METAL, v3(0.05f, 0.16f, 0.07f));
        box(v3(2.3f, 0.1f, 18.2f), v3(1.9f, 0.2f, 1.2f), -0.1f, PLAIN, v3(0.04f));
        box(v3(4.1f, 1.9f, 19.93f), v3(0.9f, 0.7f, 0.06f), 0, PLAIN, v3(0.04f, 0.12f, 0.42f));
        box(v3(4.1f, 1.98f, 19.90f), v3(0.7f, 0.3f, 0.04f), 0, PLAIN, v3(0.75f));
        endGroup();
        // painted walkway lines
        beginGroup();
        box(v3(-2.6f, 0.001f, 12.5f), v3(0.11f, 0.004f, 12.f), 0.06f, PLAIN, v3(0.55f, 0.42f, 0.06f));
        box(v3(1.25f, 0.001f, 14.5f), v3(0.11f, 0.004f, 9.f), 0.06f, PLAIN, v3(0.55f, 0.42f, 0.06f));
        endGroup();
    }

    // What the pictures show of each person: first and last frame of every stretch in which at least 40 % of the head is seen
    // (gaps under a second bridged), and the first frame without the helmet.
    struct Seen {
        int from, to;
    };
    std::vector<std::vector<Seen>> seen;
    std::vector<int> bareFrom;

    void saw(int person, bool helmet, float visible, int f) {
        seen.resize(cast.size()), bareFrom.resize(cast.size(), -1);
        int i = present[person];
        if (!helmet && bareFrom[i] < 0) bareFrom[i] = f;
        if (visible < 0.4f) return;
        if (seen[i].empty() || f - seen[i].back().to > CLIP_FPS) seen[i].push_back({f, f});
        else seen[i].back().to = f;
    }

    void writeScript(const std::string &path) const {
        FILE *f = fopen(path.c_str(), "w");
        if (!f) fprintf(stderr, "cannot write %s\n", path.c_str()), exit(2);
        fprintf(f, "{\n  \"clip\": \"yard.mp4\",\n  \"frames\": %d,\n  \"framesPerSecond\": %d,\n  \"people\": [\n", CLIP_FRAMES, (int)CLIP_FPS);
        for (size_t i = 0; i < cast.size(); i++) {
            const Actor &a = cast[i];
            bool bare = !strcmp(a.colour, "bare");
            fprintf(f, "    {\"id\": %d, \"name\": \"%s\", \"helmet\": %s%s%s", a.id, a.name, bare ? "" : "\"", bare ? "null" : a.colour, bare ? "" : "\"");
            if (!seen.empty()) {
                if (!bare && bareFrom[i] >= 0) fprintf(f, ", \"bareFromMillis\": %d", bareFrom[i] * 40);
                fprintf(f, ", \"seenMillis\": [");
                for (size_t k = 0; k < seen[i].size(); k++) fprintf(f, "%s[%d, %d]", k ? ", " : "", seen[i][k].from * 40, seen[i][k].to * 40);
                fprintf(f, "]");
            }
            fprintf(f, "}%s\n", i + 1 < cast.size() ? "," : "");
        }
        fprintf(f, "  ]\n}\n");
        fclose(f);
    }
};
