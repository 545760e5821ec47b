// What scripted clips have in common: people who walk from place to place, take helmets off, and what the pictures show of them.
#pragma once

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
    float takesOff, putsOn; // helmet leaves the head and is back on it: seconds, < 0 never
};

struct Clip {
    const char *file;
    int frames;
    void (*camera)(), (*place)(); // both write into S
    std::vector<Actor> cast;
    std::vector<Pose> poses;
    std::vector<float> heading, phase;

    Clip(const char *file, int frames, void (*camera)(), void (*place)()) : file(file), frames(frames), camera(camera), place(place) {}

    Actor &person(int id, const char *name, const char *colour) {
        Actor a = {};
        a.id = id, a.name = name, a.colour = colour, a.takesOff = a.putsOn = -1;
        a.look.seed = id * 3.7f;
        cast.push_back(a), poses.emplace_back(), heading.push_back(0), phase.push_back(0.37f * (cast.size() - 1));
        return cast.back();
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
    static void stand(const Actor &a, float t, float &x, float &z, float &face) { // corners and stops rounded by averaging over time
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
            stand(a, t, x, z, face), stand(a, t - dt, x0, z0, f0);
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
            if (a.takesOff >= 0) takeOff(p, a.putsOn < 0 ? t - a.takesOff : fminf(t - a.takesOff, a.putsOn - t));
            poses[i] = p;
        }
    }
    // The right hand goes to the peak, lifts the helmet, brings it down in front and lets it hang at the side; backwards to put it on.
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
        place();
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

    // What the pictures show of each person: first and last frame of every stretch in which at least 40 % of the head is seen
    // (gaps under a second bridged), the first frame without the helmet and the first with it on again.
    struct Seen {
        int from, to;
    };
    std::vector<std::vector<Seen>> seen;
    std::vector<int> bareFrom, againFrom;

    void saw(int person, bool helmet, float visible, int f) {
        seen.resize(cast.size()), bareFrom.resize(cast.size(), -1), againFrom.resize(cast.size(), -1);
        int i = present[person];
        if (!helmet && bareFrom[i] < 0) bareFrom[i] = f;
        if (helmet && bareFrom[i] >= 0 && againFrom[i] < 0) againFrom[i] = f;
        if (visible < 0.4f) return;
        if (seen[i].empty() || f - seen[i].back().to > CLIP_FPS) seen[i].push_back({f, f});
        else seen[i].back().to = f;
    }

    void writeScript(const std::string &path) const {
        FILE *f = fopen(path.c_str(), "w");
        if (!f) fprintf(stderr, "cannot write %s\n", path.c_str()), exit(2);
        fprintf(f, "{\n  \"clip\": \"%s\",\n  \"frames\": %d,\n  \"framesPerSecond\": %d,\n  \"people\": [\n", file, frames, (int)CLIP_FPS);
        for (size_t i = 0; i < cast.size(); i++) {
            const Actor &a = cast[i];
            bool bare = !strcmp(a.colour, "bare");
            fprintf(f, "    {\"id\": %d, \"name\": \"%s\", \"helmet\": %s%s%s", a.id, a.name, bare ? "" : "\"", bare ? "null" : a.colour, bare ? "" : "\"");
            if (!seen.empty()) {
                if (!bare && bareFrom[i] >= 0) fprintf(f, ", \"bareFromMillis\": %d", bareFrom[i] * 40);
                if (againFrom[i] >= 0) fprintf(f, ", \"helmetAgainMillis\": %d", againFrom[i] * 40);
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
