package io.helmwatch.postprocess.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.rule.ZoneConfig.Point;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.HeadCounts;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadCounterTest {
    private static final long MINUTE = ComplianceMinute.MINUTE_MILLIS;
    private static final long SINCE = 7;
    private static final ZoneConfig LEFT =
            new ZoneConfig("left", List.of(new Point(0, 0), new Point(0.5, 0), new Point(0.5, 1), new Point(0, 1)));
    private static final ZoneConfig RIGHT =
            new ZoneConfig("right", List.of(new Point(0.5, 0), new Point(1, 0), new Point(1, 1), new Point(0.5, 1)));

    private static StreamRulesConfig rules(List<ZoneConfig> zones, RuleConfig... rules) {
        return new StreamRulesConfig(
                zones,
                List.of(List.of(new Point(0.9, 0.9), new Point(1, 0.9), new Point(1, 1), new Point(0.9, 1))),
                5,
                List.of(rules));
    }

    private static Detection head(String label, double confidence, int x, int y) {
        return new Detection(label, (float) confidence, new BoundingBox(x, y, x + 10, y + 10));
    }

    private static FrameDetections frame(long atMillis, Detection... detections) {
        return new FrameDetections(
                "gate",
                1,
                1,
                atMillis * 1_000_000,
                atMillis,
                new ImageSize(200, 100),
                new ModelIdentity("m", "1", "fp32", "cpu"),
                List.of(detections));
    }

    private static HeadCounter counter(ZoneConfig... zones) {
        return new HeadCounter(
                StreamConfig.of("gate", "rtsp://127.0.0.1/").withRules(rules(List.of(zones))),
                TrackingConfig.DEFAULT,
                SINCE,
                null);
    }

    private static String text(ComplianceMinute minute) {
        HeadCounts counts = minute.counts();
        return minute.zone() + "@" + minute.minuteMillis() / MINUTE + "r" + minute.revision() + " " + counts.helmet()
                + "/" + counts.bare() + "/" + counts.uncertain() + " " + counts.frames() + " " + counts.personMillis();
    }

    private static List<String> drain(HeadCounter counter, long nowMillis) {
        List<String> counts = new ArrayList<>();
        counter.drain(nowMillis, minute -> counts.add(text(minute)));
        return counts;
    }

    private static List<String> drainAll(HeadCounter counter) {
        List<String> counts = new ArrayList<>();
        counter.drainAll(minute -> counts.add(text(minute)));
        return counts;
    }

    @Test
    void shouldCountHeadsByZoneWithHelmetBareAndUncertain() {
        HeadCounter counter = counter(LEFT, RIGHT);
        Detection[] heads = {
            head("helmet", 0.9, 10, 10),
            head("head", 0.8, 40, 10),
            head("head", 0.4, 150, 10),
            // One head under two labels: the one with the higher confidence.
            head("helmet", 0.7, 120, 50),
            head("head", 0.6, 121, 50),
            // Masked, and no head at all.
            head("head", 0.9, 190, 95),
            head("person", 0.9, 10, 50),
        };
        counter.onFrame(frame(1_000, heads));
        counter.onFrame(frame(1_200, heads));
        counter.onFrame(frame(11_200));
        assertThat(drain(counter, 20_000)).as("the minute is not over").isEmpty();
        assertThat(drainAll(counter))
                .containsExactly("@0r0 4/2/2 3 800", "left@0r0 2/2/0 3 400", "right@0r0 2/0/2 3 400");
        assertThat(drainAll(counter)).as("drained once").isEmpty();
    }

    @Test
    void shouldKeepMinutesApartAndLetAFrameStandForTenSecondsAtMost() {
        HeadCounter counter = counter();
        counter.onFrame(frame(10_000, head("helmet", 0.9, 10, 10)));
        counter.onFrame(frame(MINUTE + 1, head("helmet", 0.9, 10, 10)));
        counter.onFrame(frame(5 * MINUTE, head("head", 0.5, 10, 10)));
        assertThat(drain(counter, 5 * MINUTE)).containsExactly("@0r0 1/0/0 1 0", "@1r0 1/0/0 1 10000");
        assertThat(drain(counter, 6 * MINUTE + HeadCounter.GRACE_MILLIS - 1)).isEmpty();
        assertThat(drain(counter, 6 * MINUTE + HeadCounter.GRACE_MILLIS)).containsExactly("@5r0 0/1/0 1 10000");
    }

    @Test
    void shouldCorrectAMinuteWhoseFramesComeLateWithItsWholeSums() {
        HeadCounter counter = counter();
        counter.onFrame(frame(MINUTE, head("helmet", 0.9, 10, 10)));
        assertThat(drain(counter, 3 * MINUTE)).containsExactly("@1r0 1/0/0 1 0");
        assertThat(drain(counter, 3 * MINUTE)).isEmpty();
        counter.onFrame(frame(MINUTE + 100, head("head", 0.9, 10, 10)));
        assertThat(drain(counter, 3 * MINUTE)).containsExactly("@1r1 1/1/0 2 100");
        counter.onFrame(frame(MINUTE + 200));
        counter.onFrame(frame(2 * MINUTE));
        assertThat(drainAll(counter)).containsExactly("@1r2 1/1/0 3 100", "@2r0 0/0/0 1 0");
    }

    @Test
    void shouldNameItsPartOfAMinute() {
        List<ComplianceMinute> minutes = new ArrayList<>();
        HeadCounter counter = counter(LEFT);
        counter.onFrame(frame(MINUTE));
        counter.drainAll(minutes::add);
        assertThat(minutes).extracting(ComplianceMinute::key).containsExactly("gate/7/60", "gate/7/60/left");
        assertThat(minutes).extracting(ComplianceMinute::id).containsExactly("gate/7/60/0", "gate/7/60/left/0");
        assertThat(minutes.get(0).model().name()).isEqualTo("m");
    }

    @Test
    void shouldAllocateNothingPerFrame() {
        HeadCounter counter = counter(LEFT, RIGHT);
        List<FrameDetections> frames = new ArrayList<>();
        for (int i = 0; i < 6_000; i++) {
            frames.add(
                    frame(40L * i, head("helmet", 0.9, 10, 10), head("head", 0.8, 40, 10), head("head", 0.3, 150, 10)));
        }
        frames.subList(0, 5_000).forEach(counter::onFrame);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 5_000; i < 6_000; i++) {
            counter.onFrame(frames.get(i));
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    }

    @Test
    void shouldSayWhatRulesSeeOnAFrame() {
        RuleConfig bare = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of("left"), 0);
        RuleConfig anywhere = RuleConfig.of("anywhere", RuleConfig.Kind.NO_HELMET, List.of(), 0);
        RuleConfig crowd = RuleConfig.of("crowd", RuleConfig.Kind.MORE_PEOPLE, List.of("left", "right"), 1);
        RuleConfig guard = RuleConfig.of("guard", RuleConfig.Kind.FEWER_PEOPLE, List.of(), 5);
        List<RulePreview> previews = RulePreview.of(
                rules(List.of(LEFT, RIGHT), bare, anywhere, crowd, guard),
                TrackingConfig.DEFAULT,
                frame(
                        0,
                        head("helmet", 0.9, 10, 10),
                        head("head", 0.8, 40, 10),
                        head("head", 0.7, 150, 10),
                        head("head", 0.4, 150, 40),
                        head("head", 0.9, 190, 95)));
        assertThat(previews)
                .containsExactly(
                        new RulePreview(
                                "bare", 2, 1, "1 of 2 heads in left bare; an incident starts when that lasts for 2 s"),
                        new RulePreview(
                                "anywhere",
                                3,
                                2,
                                "2 of 3 heads in the frame bare; an incident starts when that lasts for 2 s"),
                        new RulePreview(
                                "crowd",
                                2,
                                1,
                                "2 people in left, more than 1: an incident starts when that lasts for 2 s"),
                        new RulePreview(
                                "guard",
                                3,
                                2,
                                "3 people in the frame, fewer than 5: an incident starts when that lasts for 2 s"));
        assertThat(RulePreview.of(rules(List.of(LEFT), bare, crowd), TrackingConfig.DEFAULT, frame(0)))
                .extracting(RulePreview::sentence)
                .containsExactly("No head in left", "0 people in left, more than 1 would start an incident");
    }
}
