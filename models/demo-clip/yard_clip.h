// The script of the demo clip: the yard, its people, where they walk and when the helmet comes off.
#pragma once

static void yardCamera() {
    S.eye = v3(0, 4.2f, 0);
    float pitch = 15.2f * PI / 180;
    S.fwd = v3(0, -sinf(pitch), cosf(pitch)), S.right = v3(1, 0, 0), S.up = v3(0, cosf(pitch), sinf(pitch));
    S.focal = 4.19f; // 46 degrees across a 16:9 picture
}

static void yardPlace() {
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

static Clip yardClip() {
    Clip c("yard.mp4", 625, yardCamera, yardPlace);
    const V orange = v3(0.88f, 0.20f, 0.03f), lime = v3(0.55f, 0.78f, 0.06f);
    {
        Actor &a = c.person(1, "foreman", "white");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.82f), a.look.sticker = 1, a.look.vest = orange, a.look.height = 1.80f, a.look.girth = 1.06f;
        a.look.shirt = v3(0.16f, 0.22f, 0.36f), a.look.pants = v3(0.10f, 0.10f, 0.11f), a.look.skin = v3(0.55f, 0.36f, 0.27f), a.look.hairCol = v3(0.12f, 0.09f, 0.07f);
        a.keys = {{0, 0.45f, 10.3f, 120}, {14.5f, 0.45f, 10.3f, 215}, {16.5f, 1.2f, 9.0f, 200}, {20.6f, 4.6f, 7.9f, 0}, {25, 8.f, 8.f, 0}};
        a.acts = {{CLIPBOARD, 0.f, 25.f}}, a.prop = 2;
        a.glances = {{2, 4, -20, -18}, {6, 8, 35, -15}, {10, 12, 40, -12}, {18, 20, 0, -15}};
    }
    {
        Actor &a = c.person(2, "fitter", "red");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.62f, 0.035f, 0.03f), a.look.vest = lime, a.look.height = 1.74f;
        a.look.shirt = v3(0.28f, 0.28f, 0.30f), a.look.pants = v3(0.22f, 0.19f, 0.13f), a.look.skin = v3(0.50f, 0.32f, 0.23f), a.look.strap = 1;
        a.keys = {{0, 1.45f, 9.9f, -65}, {8.6f, 1.45f, 9.9f, -65}, {11.4f, 1.25f, 12.8f, 0}, {13.0f, 2.2f, 14.3f, 90}, {15.5f, 5.2f, 14.3f, 0}, {25, 9.f, 14.6f, 0}};
        a.acts = {{TALK, 0.f, 4.2f}, {HIPS, 4.6f, 8.4f}};
        a.glances = {{3, 4.5f, 30, 0}, {6.5f, 7.8f, -25, 0}};
    }
    {
        Actor &a = c.person(3, "driver", "bare");
        a.look.headgear = BARE, a.look.hair = SHORT, a.look.vest = orange, a.look.height = 1.78f, a.look.hairCol = v3(0.025f, 0.018f, 0.014f);
        a.look.shirt = v3(0.42f, 0.42f, 0.44f), a.look.pants = v3(0.07f, 0.10f, 0.19f), a.look.skin = v3(0.52f, 0.33f, 0.24f), a.look.bareArms = 1;
        a.keys = {{0, -7.0f, 11.6f, 90}, {1, -6.0f, 11.6f, 90}, {5.2f, -1.6f, 11.8f, 90}, {6.9f, -0.2f, 11.3f, 150}, {12.2f, -0.2f, 11.3f, 170},
                {14.4f, -0.9f, 9.9f, 0}, {17.4f, -3.4f, 7.9f, 0}, {25, -9.f, 5.5f, 0}};
        a.acts = {{HIPS, 8.0f, 11.4f}};
        a.glances = {{2, 4, 35, 0}, {8, 10, 25, 0}, {12, 15, 10, 5}};
    }
    {
        Actor &a = c.person(4, "rigger", "yellow");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.85f, 0.56f, 0.02f), a.look.top = JACKET_STRIPES, a.look.shirt = v3(0.05f, 0.11f, 0.30f);
        a.look.pants = v3(0.05f, 0.11f, 0.29f), a.look.height = 1.77f, a.look.skin = v3(0.54f, 0.35f, 0.26f), a.look.hairCol = v3(0.05f, 0.03f, 0.02f);
        a.look.beard = 1, a.look.sticker = 1, a.look.stickerCol = v3(0.5f, 0.03f, 0.03f);
        a.keys = {{0, -4.6f, 8.2f, 90}, {1, -3.6f, 8.1f, 90}, {4.6f, -0.1f, 7.3f, 165}, {17.0f, -0.1f, 7.3f, 170}, {20.4f, 2.9f, 6.4f, 90}, {25, 7.6f, 6.2f, 90}};
        a.takesOff = 10.8f;
        a.acts = {{WIPE, 14.0f, 15.7f}};
        a.glances = {{5.5f, 7.5f, 40, 0}, {8, 9.5f, -25, 0}, {12.8f, 13.8f, -15, 8}, {15.8f, 16.8f, 20, 0}};
    }
    {
        Actor &a = c.person(5, "carrier", "blue");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.03f, 0.11f, 0.50f), a.look.vest = lime, a.look.height = 1.72f, a.look.girth = 1.1f;
        a.look.shirt = v3(0.35f, 0.08f, 0.07f), a.look.pants = v3(0.12f, 0.12f, 0.13f), a.look.skin = v3(0.20f, 0.11f, 0.075f);
        a.keys = {{0, 5.2f, 14.0f, 0}, {2.5f, 5.2f, 14.0f, 0}, {5.6f, 1.5f, 13.6f, 0}, {8.0f, -0.9f, 12.4f, 0}, {10.6f, -2.35f, 9.9f, 0}, {12.8f, -3.4f, 8.2f, 0},
                {15.5f, -5.2f, 6.2f, 0}, {25, -12.f, 2.f, 0}};
        a.acts = {{CARRY, 0.f, 25.f}}, a.prop = 1;
        a.glances = {{6, 7.2f, 30, 0}};
    }
    {
        Actor &a = c.person(6, "clerk", "bare");
        a.look.headgear = BARE, a.look.hair = PONYTAIL, a.look.female = 1, a.look.vest = lime, a.look.height = 1.67f, a.look.girth = 0.92f;
        a.look.hairCol = v3(0.26f, 0.15f, 0.07f), a.look.shirt = v3(0.62f, 0.63f, 0.66f), a.look.pants = v3(0.05f, 0.06f, 0.10f), a.look.skin = v3(0.60f, 0.41f, 0.32f);
        a.keys = {{0, 6.6f, 8.4f, 0}, {9, 5.4f, 8.6f, 0}, {12.6f, 1.5f, 8.5f, 0}, {15.2f, -0.75f, 9.6f, 0}, {17.4f, -2.2f, 11.2f, -40}, {20.2f, -2.2f, 11.2f, -150},
                {23.8f, -0.2f, 7.4f, 170}, {25.5f, 0.2f, 6.6f, 190}};
        a.acts = {{PHONE, 17.8f, 20.0f}};
        a.glances = {{10, 12, -20, 5}, {18.0f, 19.5f, 15, 0}};
    }
    {
        Actor &a = c.person(7, "scaffolder", "orange");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.85f, 0.22f, 0.02f), a.look.vest = orange, a.look.height = 1.75f;
        a.look.shirt = v3(0.09f, 0.15f, 0.10f), a.look.pants = v3(0.25f, 0.23f, 0.20f), a.look.skin = v3(0.34f, 0.20f, 0.14f), a.look.gloves = 1;
        a.keys = {{0, -2.5f, 13.4f, -30}, {3.2f, -2.5f, 13.4f, -150}, {7.5f, -2.5f, 13.4f, 170}, {10.6f, -0.7f, 14.0f, 90}, {13.6f, 1.9f, 14.6f, 90},
                {16.6f, 1.9f, 14.6f, 140}, {19.5f, 4.6f, 15.0f, 90}, {25, 8.f, 15.f, 0}};
        a.acts = {{POINT, 0.6f, 2.8f}, {WAVE, 14.2f, 15.8f}};
        a.glances = {{4, 6, 20, -10}};
    }
    {
        Actor &a = c.person(8, "visitor", "bare");
        a.look.headgear = BARE, a.look.hair = SHORT, a.look.top = PLAIN_TOP, a.look.height = 1.82f, a.look.hairCol = v3(0.045f, 0.042f, 0.040f);
        a.look.shirt = v3(0.46f, 0.54f, 0.66f), a.look.pants = v3(0.08f, 0.08f, 0.09f), a.look.skin = v3(0.36f, 0.215f, 0.15f);
        a.keys = {{0, 6.2f, 10.1f, -90}, {16.5f, 6.2f, 9.9f, -90}, {18.0f, 4.6f, 9.7f, -90}, {21.6f, 1.0f, 9.4f, 200}, {25, 1.0f, 9.4f, 190}};
        a.acts = {{FOLDED, 22.2f, 25.5f}};
        a.glances = {{22.5f, 24, -30, 0}};
    }
    return c;
}
