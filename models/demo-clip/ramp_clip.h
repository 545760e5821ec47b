// The script of the second clip, on which nothing was ever tuned: a loading ramp in the evening, seen by a lower, wider and slightly
// tilted camera against the light. Other people walk other ways, closer to each other, and helmets come off and go on again.
#pragma once

static void rampCamera() {
    S.eye = v3(0, 3.1f, 0);
    M3 c = turn({v3(1, 0, 0), v3(0, 1, 0), v3(0, 0, 1)}, 0, 9 * PI / 180, 0.026f);
    S.right = c.x, S.up = c.y, S.fwd = c.z;
    S.focal = 3.34f; // 56 degrees across a 16:9 picture
}

static void rampPlace() {
    S.sunDir = norm(v3(0.74f, 0.40f, 0.22f)), S.sunCol = v3(4.6f, 3.5f, 2.3f), S.sunSize = 0.012f;
    S.skyZenith = v3(0.34f, 0.45f, 0.66f), S.skyHorizon = v3(0.86f, 0.76f, 0.64f), S.cloud = 0.5f;
    S.exposure = 1.1f, S.fog = 0.003f, S.saturation = 0.9f, S.vignette = 0.3f, S.contrast = 1.0f, S.whiteBalance = v3(1.02f, 1.0f, 0.97f);
    S.groundType = 1, S.groundCol = v3(0.17f, 0.165f, 0.16f), S.groundSeed = 21.7f;
    // the warehouse with its ramp
    beginGroup();
    box(v3(-4, 4.0f, 22.5f), v3(34, 8.0f, 1), 0.08f, BRICK, v3(0.33f, 0.15f, 0.10f));
    box(v3(-4, 0.55f, 20.8f), v3(20, 1.1f, 2.4f), 0.08f, CONCRETE, v3(0.36f));
    box(v3(-4.1f, 1.02f, 19.57f), v3(20, 0.16f, 0.06f), 0.08f, HAZARD, v3(0.5f));
    endGroup();
    beginGroup();
    for (int i = 0; i < 3; i++) box(at(-4, 22.5f, 0.08f, -6.f + 5.4f * i, 2.9f, -0.53f), v3(3.4f, 3.6f, 0.1f), 0.08f, ROLLER, v3(0.20f, 0.30f, 0.36f));
    for (int i = 0; i < 3; i++) box(at(-4, 22.5f, 0.08f, -6.f + 5.4f * i, 6.4f, -0.52f), v3(2.6f, 0.9f, 0.08f), 0.08f, GLASS, v3(0.1f));
    endGroup();
    container(2.3f, 13.2f, 0, 3.0f, v3(0.58f, 0.57f, 0.52f)); // the site office
    container(-8.2f, 12.0f, 1.35f, 6.06f, v3(0.09f, 0.22f, 0.12f));
    beginGroup(); // the lamp post
    cone(v3(1.3f, 0, 7.6f), v3(1.3f, 8, 7.6f), 0.11f, 0.08f, METAL, v3(0.30f, 0.32f, 0.32f));
    cone(v3(1.3f, 0, 7.6f), v3(1.3f, 0.5f, 7.6f), 0.17f, 0.17f, CONCRETE, v3(0.4f));
    endGroup();
    pipes(-2.6f, 9.9f, 0.5f, v3(0.50f, 0.24f, 0.10f));
    cartons(-3.2f, 13.4f, 0.05f, 2.05f, v3(0.30f, 0.31f, 0.33f), PLAIN);
    cartons(-4.45f, 13.2f, -0.1f, 1.10f, v3(0.44f, 0.33f, 0.21f), CARTON);
    drums(-5.6f, 15.6f, 4, v3(0.33f, 0.24f, 0.03f), v3(0.05f, 0.10f, 0.20f));
    timber(6.7f, 11.6f, 1.1f, 6, 4);
    palletStack(-4.9f, 8.6f, -0.3f, 9);
    scaffold(7.6f, 18.2f, 0.3f, 3);
    beginGroup();
    barrier(5.8f, 8.2f, 0.9f, v3(0.45f, 0.44f, 0.40f)), trafficCone(-3.6f, 6.4f), trafficCone(3.2f, 17.4f), trafficCone(5.0f, 7.4f);
    endGroup();
    fence(11, 26, 24, v3(0.30f, 0.32f, 0.31f));
    beginGroup(); // parking lines
    for (int i = 0; i < 4; i++) box(v3(-1.5f + 2.6f * i, 0.001f, 18.0f), v3(0.1f, 0.004f, 4.2f), 0, PLAIN, v3(0.6f));
    endGroup();
}

static Clip rampClip() {
    Clip c("ramp.mp4", 650, rampCamera, rampPlace);
    const V orange = v3(0.82f, 0.16f, 0.02f), lime = v3(0.58f, 0.76f, 0.07f);
    {
        Actor &a = c.person(1, "leader", "white");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.80f, 0.80f, 0.77f), a.look.top = PLAIN_TOP, a.look.height = 1.84f, a.look.shirt = v3(0.24f, 0.27f, 0.33f);
        a.look.pants = v3(0.06f, 0.07f, 0.09f), a.look.skin = v3(0.42f, 0.26f, 0.18f), a.look.beard = 1, a.look.helmTilt = 0.06f;
        a.keys = {{0, -1.2f, 16.8f, 180}, {1.5f, -1.2f, 16.8f, 180}, {6, -0.5f, 11.6f, 90}, {11.5f, -0.5f, 11.6f, 90}, {13.5f, -0.3f, 9.6f, 150}, {16, 1.8f, 8.2f, 90},
                {20, 6.1f, 7.4f, 90}, {26, 12, 7, 90}};
        a.acts = {{POINT, 7, 8.8f}, {TALK, 9, 11}};
        a.glances = {{9, 11, 20, 0}, {14, 16, -25, 5}};
    }
    {
        Actor &a = c.person(2, "fitter", "red");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.58f, 0.05f, 0.04f), a.look.vest = lime, a.look.height = 1.70f, a.look.girth = 1.15f, a.look.strap = 1;
        a.look.shirt = v3(0.10f, 0.10f, 0.11f), a.look.pants = v3(0.28f, 0.25f, 0.20f), a.look.skin = v3(0.54f, 0.35f, 0.26f);
        a.keys = {{0, 7.6f, 10.8f, -90}, {0.8f, 6.8f, 10.8f, -90}, {6, 0.7f, 11.2f, -90}, {13, 0.7f, 11.2f, -90}, {14.4f, -0.9f, 11.6f, -90}, {18.6f, -6.0f, 11.9f, -90},
                {26, -14, 13, -90}};
        a.acts = {{HIPS, 6.6f, 9}, {TALK, 9.4f, 12}};
        a.glances = {{7, 9, 25, 0}};
    }
    {
        Actor &a = c.person(3, "driver", "bare");
        a.look.headgear = BARE, a.look.hair = SHORT, a.look.top = PLAIN_TOP, a.look.height = 1.77f, a.look.hairCol = v3(0.30f, 0.30f, 0.30f);
        a.look.shirt = v3(0.34f, 0.10f, 0.08f), a.look.pants = v3(0.09f, 0.12f, 0.20f), a.look.skin = v3(0.52f, 0.33f, 0.24f), a.look.bareArms = 1;
        a.keys = {{0, 2.4f, 15.4f, -90}, {2, 2.4f, 15.4f, -90}, {6, -1.9f, 14.7f, -90}, {8.4f, -4.7f, 14.6f, -90}, {12, -5.4f, 11.2f, 180}, {16, -3.0f, 7.4f, 150},
                {18.4f, -3.0f, 7.4f, 120}, {22.5f, 1.6f, 6.4f, 90}, {26, 5.8f, 5.8f, 90}};
        a.acts = {{HIPS, 16.4f, 18.2f}};
        a.glances = {{4, 6, 40, 0}, {16.5f, 18, -30, 0}};
    }
    {
        Actor &a = c.person(4, "guide", "orange");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.82f, 0.24f, 0.02f), a.look.vest = lime, a.look.height = 1.79f, a.look.sticker = 1;
        a.look.shirt = v3(0.50f, 0.51f, 0.54f), a.look.pants = v3(0.07f, 0.10f, 0.19f), a.look.skin = v3(0.30f, 0.17f, 0.11f);
        a.keys = {{0, 11.2f, 16.6f, -120}, {2, 11.2f, 16.6f, -120}, {9, 4.9f, 10.4f, -120}, {12.6f, 3.0f, 9.5f, -90}, {17.2f, 3.0f, 9.5f, 150}, {21, -0.9f, 8.2f, -90},
                {24.6f, -4.4f, 6.9f, -90}, {26, -6, 6.4f, -90}};
        a.acts = {{TALK, 4, 8}, {POINT, 13.4f, 15.6f}};
        a.glances = {{4, 8, 35, 0}, {15.6f, 17, 40, 0}};
    }
    {
        Actor &a = c.person(5, "student", "bare");
        a.look.headgear = BARE, a.look.hair = PONYTAIL, a.look.female = 1, a.look.vest = orange, a.look.height = 1.69f, a.look.girth = 0.95f;
        a.look.hairCol = v3(0.05f, 0.03f, 0.02f), a.look.shirt = v3(0.60f, 0.60f, 0.58f), a.look.pants = v3(0.10f, 0.13f, 0.24f), a.look.skin = v3(0.58f, 0.39f, 0.30f);
        a.keys = {{0, 11.8f, 17.2f, -120}, {2.1f, 11.8f, 17.2f, -120}, {9.2f, 5.4f, 11.0f, -120}, {12.9f, 3.7f, 10.2f, -120}, {17.4f, 3.7f, 10.2f, -150}, {20.8f, 0.2f, 11.0f, -90},
                {21.5f, 0.2f, 11.0f, 160}, {26, 0.2f, 11.0f, 190}};
        a.acts = {{FOLDED, 13.6f, 16.6f}, {PHONE, 22, 26.5f}};
        a.glances = {{5, 8, -30, 0}, {13.4f, 16, -25, 0}};
    }
    {
        Actor &a = c.person(6, "welder", "green");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.04f, 0.28f, 0.10f), a.look.top = JACKET_STRIPES, a.look.shirt = v3(0.30f, 0.22f, 0.14f);
        a.look.pants = v3(0.28f, 0.21f, 0.14f), a.look.height = 1.75f, a.look.skin = v3(0.46f, 0.29f, 0.21f), a.look.hairCol = v3(0.03f, 0.02f, 0.015f), a.look.hair = BUZZ;
        a.look.gloves = 1;
        a.keys = {{0, -0.9f, 8.2f, 160}, {6.5f, -0.9f, 8.2f, 170}, {9.2f, 2.1f, 9.9f, 120}, {14, 2.1f, 9.9f, 170}, {17.5f, -0.6f, 12.6f, 0}, {20.5f, -0.9f, 15.4f, 180},
                {26, -0.9f, 15.4f, 185}};
        a.takesOff = 4, a.putsOn = 12;
        a.glances = {{1, 3, 30, 0}, {7, 8.5f, -20, 5}, {22, 24, 25, 0}};
    }
    {
        Actor &a = c.person(7, "mason", "blue");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.05f, 0.17f, 0.56f), a.look.vest = orange, a.look.height = 1.73f, a.look.muffs = 1;
        a.look.shirt = v3(0.20f, 0.24f, 0.20f), a.look.pants = v3(0.14f, 0.13f, 0.12f), a.look.skin = v3(0.18f, 0.10f, 0.07f), a.look.hair = SHORT;
        a.keys = {{0, 5.3f, 13.2f, 170}, {17.5f, 5.3f, 13.2f, 190}, {23, 9.6f, 10.8f, 90}, {26, 12, 9.5f, 90}};
        a.takesOff = 14.2f, a.putsOn = 15.8f; // wipes the brow: shorter than any rule asks for
        a.acts = {{HIPS, 0, 5}, {WAVE, 8.2f, 10}};
        a.glances = {{2, 4, -30, 0}, {10, 12, 30, 0}};
    }
    {
        Actor &a = c.person(8, "surveyor", "yellow");
        a.look.headgear = HARDHAT, a.look.helm = v3(0.84f, 0.58f, 0.03f), a.look.vest = orange, a.look.height = 1.80f, a.look.mask = 1;
        a.look.shirt = v3(0.08f, 0.12f, 0.24f), a.look.pants = v3(0.20f, 0.18f, 0.15f), a.look.skin = v3(0.50f, 0.32f, 0.23f);
        a.keys = {{0, -5.7f, 17.0f, 150}, {9, -5.7f, 17.0f, 120}, {18, 6.2f, 15.6f, 90}, {20, 6.4f, 15.4f, 180}, {26, 6.4f, 15.4f, 200}};
        a.acts = {{BEND, 1.5f, 7.5f}, {CLIPBOARD, 20.5f, 26.5f}};
        a.glances = {{10, 12, -25, 0}};
    }
    {
        Actor &a = c.person(9, "guest", "bare");
        a.look.headgear = CAP, a.look.helm = v3(0.03f, 0.04f, 0.09f), a.look.hair = SHORT, a.look.top = PLAIN_TOP, a.look.height = 1.74f, a.look.girth = 1.1f;
        a.look.shirt = v3(0.12f, 0.20f, 0.14f), a.look.pants = v3(0.36f, 0.31f, 0.22f), a.look.skin = v3(0.48f, 0.30f, 0.22f), a.look.hairCol = v3(0.04f, 0.03f, 0.02f);
        a.keys = {{0, 7.6f, 8.9f, -90}, {12, 7.6f, 8.9f, -90}, {16.2f, 3.7f, 8.3f, -90}, {26, 3.7f, 8.3f, -160}};
        a.acts = {{FOLDED, 17, 20.5f}};
        a.glances = {{17, 19, 30, 0}, {21, 23, -40, 0}};
    }
    return c;
}
