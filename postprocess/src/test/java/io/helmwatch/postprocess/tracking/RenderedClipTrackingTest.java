package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("measured")
class RenderedClipTrackingTest {

    @ParameterizedTest
    @CsvSource({
        "YARD, 1, 0.94",
        "YARD, 2, 0.94",
        "YARD, 5, 0.94",
        "YARD, 8, 0.94",
        // The detector finds 0.89 of the ramp's heads: at most 0.94 is possible.
        "RAMP, 1, 0.9",
        "RAMP, 2, 0.9",
        "RAMP, 5, 0.9",
        "RAMP, 8, 0.9"
    })
    void shouldKeepIdentities(RenderedClip clip, int everyNth, double least) throws IOException {
        HeadTracker tracker = new HeadTracker(TrackingConfig.DEFAULT);
        IdentityF1 score = new IdentityF1();
        for (RenderedClip.Frame frame : clip.frames(everyNth)) {
            tracker.update(frame.shown().ptsNanos(), frame.shown().detections(), HeadFilter.ALL);
            List<IdentityF1.Box> tracked = new ArrayList<>(HeadTrackerTest.confirmed(tracker));
            tracked.removeIf(box -> !meets(box, frame.heads(), 0.5) && meets(box, frame.hidden(), 0.3));
            score.add(frame.heads(), tracked);
        }
        System.out.printf("%s, %.1f frames per second: IDF1 %.4f%n", clip.title(), 25.0 / everyNth, score.value());
        assertThat(score.value()).isGreaterThanOrEqualTo(least);
    }

    @ParameterizedTest
    @CsvSource({
        // the rigger, helmet off at 10.9 s; the welder, off at 4.1 s and on again at 11.9 s
        "YARD, 4, 1",
        "YARD, 4, 2",
        "YARD, 4, 5",
        "YARD, 4, 8",
        "RAMP, 6, 1",
        "RAMP, 6, 2",
        "RAMP, 6, 5",
        "RAMP, 6, 8"
    })
    void shouldKeepTheNumberOfThePersonWhoTakesTheHelmetOff(RenderedClip clip, int person, int everyNth)
            throws IOException {
        double from = clip == RenderedClip.YARD ? 6 : 1;
        double off = clip == RenderedClip.YARD ? 10.9 : 4.1;
        double to = clip == RenderedClip.YARD ? 20 : 8;
        HeadTracker tracker = new HeadTracker(TrackingConfig.DEFAULT);
        Set<Integer> numbersBefore = new HashSet<>();
        Set<Integer> numbersAfter = new HashSet<>();
        for (RenderedClip.Frame frame : clip.frames(everyNth)) {
            tracker.update(frame.shown().ptsNanos(), frame.shown().detections(), HeadFilter.ALL);
            double seconds = frame.shown().ptsNanos() / 1e9;
            for (IdentityF1.Box head : frame.heads()) {
                for (IdentityF1.Box track : HeadTrackerTest.confirmed(tracker)) {
                    if (head.id() == person && iou(head.box(), track.box()) >= 0.5) {
                        if (seconds > from && seconds < off) {
                            numbersBefore.add(track.id());
                        } else if (seconds > off + 2 && seconds < to) {
                            numbersAfter.add(track.id());
                        }
                    }
                }
            }
        }
        assertThat(numbersBefore).hasSize(1);
        assertThat(numbersAfter).isEqualTo(numbersBefore);
    }

    /** What following alone loses: every head that can be seen is found, exactly where it is. */
    @ParameterizedTest
    @CsvSource({"YARD, 1, 0.98", "YARD, 5, 0.98", "RAMP, 1, 0.98", "RAMP, 5, 0.98"})
    void shouldKeepIdentitiesOfHeadsThatAreAllFound(RenderedClip clip, int everyNth, double least) throws IOException {
        HeadTracker tracker = new HeadTracker(TrackingConfig.DEFAULT);
        IdentityF1 score = new IdentityF1();
        for (RenderedClip.Frame frame : clip.frames(everyNth)) {
            List<Detection> found = frame.heads().stream()
                    .map(head -> new Detection("head", 0.9f, head.box()))
                    .toList();
            tracker.update(frame.shown().ptsNanos(), found, HeadFilter.ALL);
            score.add(frame.heads(), HeadTrackerTest.confirmed(tracker));
        }
        System.out.printf(
                "%s, %.1f frames per second, every head found: IDF1 %.4f%n",
                clip.title(), 25.0 / everyNth, score.value());
        assertThat(score.value()).isGreaterThanOrEqualTo(least);
    }

    private static boolean meets(IdentityF1.Box box, List<IdentityF1.Box> others, double least) {
        return others.stream().anyMatch(other -> iou(box.box(), other.box()) >= least);
    }

    private static double iou(BoundingBox a, BoundingBox b) {
        return Overlap.iou(a.x1(), a.y1(), a.x2(), a.y2(), b.x1(), b.y1(), b.x2(), b.y2(), 0);
    }
}
