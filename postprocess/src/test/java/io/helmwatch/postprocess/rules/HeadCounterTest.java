package io.helmwatch.postprocess.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.helmwatch.config.RuleConfig;
import io.helmwatch.config.StreamRulesConfig;
import io.helmwatch.config.TrackingConfig;
import io.helmwatch.config.ZoneConfig;
import io.helmwatch.config.ZoneConfig.Point;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadCounterTest {
    private static final long HOUR = 3_600_000;
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

    private static List<String> drain(HeadCounter counter) {
        List<String> counts = new ArrayList<>();
        counter.drain((zone, hour, helmet, bare, uncertain, frames, personMillis) -> counts.add(zone + "@" + hour / HOUR
                + " " + helmet + "/" + bare + "/" + uncertain + " " + frames + " " + personMillis));
        return counts;
    }

    @Test
    void shouldCountHeadsByZoneWithHelmetBareAndUncertain() {
        HeadCounter counter = new HeadCounter(rules(List.of(LEFT, RIGHT)), TrackingConfig.DEFAULT);
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
        counter.onFrame(frame(61_200));
        assertThat(drain(counter)).containsExactly("@0 4/2/2 3 800", "left@0 2/2/0 3 400", "right@0 2/0/2 3 400");
        assertThat(drain(counter)).as("drained once").isEmpty();
    }

    @Test
    void shouldKeepHoursApartAndLetAFrameStandForTenSecondsAtMost() {
        HeadCounter counter = new HeadCounter(rules(List.of()), TrackingConfig.DEFAULT);
        counter.onFrame(frame(HOUR - 60_000, head("helmet", 0.9, 10, 10)));
        counter.onFrame(frame(HOUR + 1, head("helmet", 0.9, 10, 10)));
        assertThat(drain(counter)).containsExactlyInAnyOrder("@0 1/0/0 1 0", "@1 1/0/0 1 10000");
        counter.onFrame(frame(5 * HOUR, head("head", 0.5, 10, 10)));
        assertThat(drain(counter)).containsExactly("@5 0/1/0 1 10000");
    }

    @Test
    void shouldAllocateNothingPerFrame() {
        HeadCounter counter = new HeadCounter(rules(List.of(LEFT, RIGHT)), TrackingConfig.DEFAULT);
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
