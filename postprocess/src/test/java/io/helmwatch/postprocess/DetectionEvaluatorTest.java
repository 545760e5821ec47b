package io.helmwatch.postprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetectionEvaluatorTest {

    private static final List<String> LABELS = List.of("helmet", "head");

    private final DetectionEvaluator evaluator = new DetectionEvaluator(LABELS);

    @Test
    void shouldGiveOneWhenEverythingIsFoundExactly() {
        evaluator.add(List.of(found("helmet", 0.9, 0, 0, 10, 10)), List.of(object(0, 0, 0, 10, 10)));
        evaluator.add(List.of(found("head", 0.3, 5, 5, 50, 50)), List.of(object(1, 5, 5, 50, 50)));
        DetectionEvaluation result = evaluator.evaluate();
        assertThat(result.meanAt50()).isEqualTo(1);
        assertThat(result.meanAt50To95()).isEqualTo(1);
        assertThat(result.images()).isEqualTo(2);
    }

    @Test
    void shouldCountAFoundObjectOnceOnly() {
        // Hit, then a second box on the same object: precision 1, 1/2; the envelope keeps 1 at every recall.
        evaluator.add(
                List.of(found("helmet", 0.9, 0, 0, 10, 10), found("helmet", 0.8, 0, 0, 10, 10)),
                List.of(object(0, 0, 0, 10, 10)));
        assertThat(precision("helmet").at50()).isEqualTo(1);
        // The other way round it costs: a stray box first, precision 0, 1/2.
        DetectionEvaluator other = new DetectionEvaluator(LABELS);
        other.add(
                List.of(found("helmet", 0.9, 100, 100, 110, 110), found("helmet", 0.8, 0, 0, 10, 10)),
                List.of(object(0, 0, 0, 10, 10)));
        assertThat(other.evaluate().classes().get("helmet").at50()).isEqualTo(0.5);
    }

    @Test
    void shouldInterpolateAtAHundredAndOneRecalls() {
        // Hit, miss, hit of two objects: precision 1 up to recall 0.5 (51 points), then 2/3 (50 points).
        evaluator.add(
                List.of(
                        found("helmet", 0.9, 0, 0, 10, 10),
                        found("helmet", 0.8, 200, 0, 210, 10),
                        found("helmet", 0.7, 50, 0, 60, 10)),
                List.of(object(0, 0, 0, 10, 10), object(0, 50, 0, 60, 10)));
        assertThat(precision("helmet").at50()).isCloseTo((51 + 50 * 2 / 3.0) / 101, within(1e-12));
    }

    @Test
    void shouldGiveNothingBeyondTheRecallReached() {
        evaluator.add(
                List.of(found("helmet", 0.9, 0, 0, 10, 10)),
                List.of(object(0, 0, 0, 10, 10), object(0, 50, 0, 60, 10)));
        assertThat(precision("helmet").at50()).isCloseTo(51 / 101.0, within(1e-12));
    }

    @Test
    void shouldAskForMoreOverlapAtHigherThresholds() {
        // 10 x 10 against 10 x 7: IoU 0.7 (a little less in float), good for 0.5, 0.55, 0.6, 0.65.
        evaluator.add(List.of(found("helmet", 0.9, 0, 0, 10, 7.2)), List.of(object(0, 0, 0, 10, 10)));
        AveragePrecision precision = precision("helmet");
        assertThat(precision.at50()).isEqualTo(1);
        assertThat(precision.at50To95()).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void shouldNotConfuseClasses() {
        evaluator.add(List.of(found("head", 0.9, 0, 0, 10, 10)), List.of(object(0, 0, 0, 10, 10)));
        assertThat(precision("helmet").at50()).isZero();
        assertThat(precision("head").at50()).isNaN();
        // A class without objects does not enter the mean.
        assertThat(evaluator.evaluate().meanAt50()).isZero();
    }

    @Test
    void shouldGiveNoNumberWithoutObjects() {
        evaluator.add(List.of(found("head", 0.9, 0, 0, 10, 10)), List.of());
        assertThat(evaluator.evaluate().meanAt50()).isNaN();
        assertThat(evaluator.evaluate().meanAt50To95()).isNaN();
    }

    @Test
    void shouldRankDetectionsOverAllImages() {
        // The stray of the second picture ranks between the hits: precision 1, 1/2, 2/3.
        evaluator.add(
                List.of(found("helmet", 0.9, 0, 0, 10, 10), found("helmet", 0.5, 50, 0, 60, 10)),
                List.of(object(0, 0, 0, 10, 10), object(0, 50, 0, 60, 10)));
        evaluator.add(List.of(found("helmet", 0.7, 0, 0, 10, 10)), List.of());
        assertThat(precision("helmet").at50()).isCloseTo((51 + 50 * 2 / 3.0) / 101, within(1e-12));
    }

    @Test
    void shouldIgnoreObjectsAndStraysOfOtherSizes() {
        evaluator.add(
                List.of(
                        found("helmet", 0.9, 0, 0, 200, 200),
                        found("helmet", 0.8, 300, 0, 500, 200),
                        found("helmet", 0.7, 600, 0, 620, 20)),
                List.of(object(0, 0, 0, 200, 200), object(0, 600, 0, 620, 20)));
        DetectionEvaluation result = evaluator.evaluate();
        assertThat(result.sizes().get(ObjectSize.SMALL).get("helmet")).isEqualTo(new AveragePrecision(1, 1, 1));
        assertThat(result.sizes().get(ObjectSize.MEDIUM).get("helmet").objects())
                .isZero();
        // Large: the hit ranks before the stray, so precision stays 1.
        assertThat(result.sizes().get(ObjectSize.LARGE).get("helmet").objects()).isEqualTo(1);
        assertThat(result.classes().get("helmet").objects()).isEqualTo(2);
    }

    @Test
    void shouldRefuseLabelsThatRepeat() {
        assertThatThrownBy(() -> new DetectionEvaluator(List.of("head", "head")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("head");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void shouldAgreeWithAPlainImplementation(int seed) {
        Random random = new Random(seed);
        List<List<Detection>> detections = new ArrayList<>();
        List<List<LabelledBox>> objects = new ArrayList<>();
        for (int picture = 0; picture < 20; picture++) {
            List<LabelledBox> there = new ArrayList<>();
            List<Detection> found = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                float x = random.nextInt(400);
                float y = random.nextInt(400);
                float side = 10 + random.nextInt(150);
                int classIndex = random.nextInt(2);
                there.add(object(classIndex, x, y, x + side, y + side));
                for (int copies = random.nextInt(3); copies > 0; copies--) {
                    float dx = (float) (random.nextGaussian() * side / 8);
                    float dy = (float) (random.nextGaussian() * side / 8);
                    int foundClass = random.nextInt(10) == 0 ? 1 - classIndex : classIndex;
                    found.add(found(
                            LABELS.get(foundClass), random.nextDouble(), x + dx, y + dy, x + dx + side, y + dy + side));
                }
            }
            detections.add(found);
            objects.add(there);
            evaluator.add(found, there);
        }
        DetectionEvaluation result = evaluator.evaluate();
        for (int classIndex = 0; classIndex < 2; classIndex++) {
            AveragePrecision precision = result.classes().get(LABELS.get(classIndex));
            double all = 0;
            for (int step = 0; step < 10; step++) {
                double plain = plainAveragePrecision(detections, objects, classIndex, (50 + 5 * step) / 100.0);
                all += plain / 10;
                if (step == 0) {
                    assertThat(precision.at50()).isCloseTo(plain, within(1e-9));
                }
            }
            assertThat(precision.at50To95()).isCloseTo(all, within(1e-9)).isBetween(0.05, 0.95);
        }
    }

    private record Ranked(int picture, Detection detection) {}

    /** COCO's definition read aloud: one global list, matched as it comes, precision looked up for each recall on its own. */
    private static double plainAveragePrecision(
            List<List<Detection>> detections, List<List<LabelledBox>> objects, int classIndex, double threshold) {
        List<Ranked> ranking = new ArrayList<>();
        int total = 0;
        for (int picture = 0; picture < detections.size(); picture++) {
            for (Detection detection : detections.get(picture)) {
                if (detection.label().equals(LABELS.get(classIndex))) {
                    ranking.add(new Ranked(picture, detection));
                }
            }
            for (LabelledBox object : objects.get(picture)) {
                total += object.classIndex() == classIndex ? 1 : 0;
            }
        }
        ranking.sort((a, b) -> Float.compare(b.detection.confidence(), a.detection.confidence()));
        Set<LabelledBox> taken = new HashSet<>();
        List<Boolean> hits = new ArrayList<>();
        for (Ranked ranked : ranking) {
            LabelledBox best = null;
            for (LabelledBox object : objects.get(ranked.picture)) {
                boolean free = object.classIndex() == classIndex && !taken.contains(object);
                double overlap = overlap(ranked.detection.sourceBox(), object.sourceBox());
                if (free
                        && overlap >= threshold
                        && (best == null || overlap > overlap(ranked.detection.sourceBox(), best.sourceBox()))) {
                    best = object;
                }
            }
            hits.add(best != null);
            if (best != null) {
                taken.add(best);
            }
        }
        double sum = 0;
        for (int percent = 0; percent <= 100; percent++) {
            double bestPrecision = 0;
            for (int length = 1; length <= hits.size(); length++) {
                long found = hits.subList(0, length).stream().filter(hit -> hit).count();
                if (found * 100 >= (long) percent * total) {
                    bestPrecision = Math.max(bestPrecision, (double) found / length);
                }
            }
            sum += bestPrecision;
        }
        return sum / 101;
    }

    private static double overlap(BoundingBox a, BoundingBox b) {
        double width = Math.max(0, Math.min(a.x2(), b.x2()) - Math.max(a.x1(), b.x1()));
        double height = Math.max(0, Math.min(a.y2(), b.y2()) - Math.max(a.y1(), b.y1()));
        return width * height / (a.area() + b.area() - width * height);
    }

    private AveragePrecision precision(String label) {
        return evaluator.evaluate().classes().get(label);
    }

    private static Detection found(String label, double confidence, double x1, double y1, double x2, double y2) {
        return new Detection(
                label, (float) confidence, new BoundingBox((float) x1, (float) y1, (float) x2, (float) y2));
    }

    private static LabelledBox object(int classIndex, float x1, float y1, float x2, float y2) {
        return new LabelledBox(classIndex, new BoundingBox(x1, y1, x2, y2));
    }
}
