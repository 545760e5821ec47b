package io.helmwatch.postprocess.tracking;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * People who walk, turn, stop and pass behind pillars in a picture of 1280x720, seen by a detector that jitters, misses, doubts the
 * helmet and invents heads. The people and the pillars move in steps of 1/25 s whatever the analysed rate.
 */
final class SyntheticYard {
    record Frame(long ptsNanos, List<IdentityF1.Box> truth, List<Detection> detections) {}

    private static final double STEP = 1 / 25.0;

    private static final class Person {
        double x;
        double y;
        double vx;
        double vy;
        double wantedVx;
        double wantedVy;
        double size;
        boolean helmet;
    }

    private final Random random;
    private final List<Person> people = new ArrayList<>();
    private final double missRate;

    SyntheticYard(long seed, int count, double missRate) {
        random = new Random(seed);
        this.missRate = missRate;
        for (int i = 0; i < count; i++) {
            Person person = new Person();
            person.size = 24 + random.nextDouble() * 30;
            person.x = 80 + random.nextDouble() * 1120;
            person.y = 100 + random.nextDouble() * 520;
            person.helmet = random.nextInt(3) > 0;
            turn(person);
            people.add(person);
        }
    }

    private void turn(Person person) {
        double headsPerSecond = random.nextInt(5) == 0 ? 0 : 1.5 + random.nextDouble() * 4;
        double angle = random.nextDouble() * 2 * Math.PI;
        person.wantedVx = Math.cos(angle) * headsPerSecond * person.size;
        person.wantedVy = Math.sin(angle) * headsPerSecond * person.size * 0.3;
    }

    List<Frame> frames(double seconds, int everyNth) {
        List<Frame> frames = new ArrayList<>();
        int steps = (int) (seconds / STEP);
        for (int step = 0; step < steps; step++) {
            people.forEach(this::move);
            if (step % everyNth == 0) {
                frames.add(frame(Math.round(step * STEP * 1e9)));
            }
        }
        return frames;
    }

    private void move(Person person) {
        if (random.nextInt(125) == 0 && !isBehindPillar(person)) {
            turn(person);
        }
        // A turn takes about half a second.
        person.vx += (person.wantedVx - person.vx) * STEP / 0.3;
        person.vy += (person.wantedVy - person.vy) * STEP / 0.3;
        person.x += person.vx * STEP;
        person.y += person.vy * STEP;
        if (person.x < 60) {
            person.wantedVx = Math.abs(person.wantedVx);
        } else if (person.x > 1220) {
            person.wantedVx = -Math.abs(person.wantedVx);
        }
        if (person.y < 60) {
            person.wantedVy = Math.abs(person.wantedVy);
        } else if (person.y > 660) {
            person.wantedVy = -Math.abs(person.wantedVy);
        }
    }

    private boolean isBehindPillar(Person person) {
        return (person.x > 400 && person.x < 440) || (person.x > 860 && person.x < 900);
    }

    private Frame frame(long ptsNanos) {
        List<IdentityF1.Box> truth = new ArrayList<>();
        List<Detection> detections = new ArrayList<>();
        for (int i = 0; i < people.size(); i++) {
            Person person = people.get(i);
            if (isBehindPillar(person)) {
                continue;
            }
            truth.add(new IdentityF1.Box(i, box(person.x, person.y, person.size, person.size * 1.2)));
            if (random.nextDouble() < missRate) {
                continue;
            }
            double width = person.size * (1 + 0.06 * random.nextGaussian());
            double height = person.size * 1.2 * (1 + 0.06 * random.nextGaussian());
            double x = person.x + 0.04 * person.size * random.nextGaussian();
            double y = person.y + 0.04 * person.size * random.nextGaussian();
            boolean wrong = random.nextInt(12) == 0;
            float confidence = (float) Math.min(0.95, Math.max(0.26, 0.75 + 0.18 * random.nextGaussian()));
            detections.add(
                    new Detection(person.helmet != wrong ? "helmet" : "head", confidence, box(x, y, width, height)));
            if (random.nextInt(10) == 0) {
                detections.add(new Detection(
                        person.helmet == wrong ? "helmet" : "head", 0.3f, box(x, y, width * 0.95, height)));
            }
        }
        if (random.nextInt(15) == 0) {
            double size = 20 + random.nextDouble() * 40;
            detections.add(new Detection(
                    "head", 0.55f, box(random.nextDouble() * 1280, random.nextDouble() * 720, size, size * 1.2)));
        }
        detections.sort((a, b) -> Float.compare(b.confidence(), a.confidence()));
        return new Frame(ptsNanos, truth, detections);
    }

    private static BoundingBox box(double x, double y, double width, double height) {
        return new BoundingBox(
                (float) (x - width / 2), (float) (y - height / 2), (float) (x + width / 2), (float) (y + height / 2));
    }
}
