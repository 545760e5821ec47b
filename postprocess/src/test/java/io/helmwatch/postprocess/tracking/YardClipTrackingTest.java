package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class YardClipTrackingTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 8})
    void shouldKeepIdentitiesInTheDemonstrationClip(int everyNth) throws IOException {
        HeadTracker tracker = new HeadTracker(TrackingConfig.DEFAULT);
        IdentityF1 score = new IdentityF1();
        for (YardClip.Frame frame : YardClip.frames(everyNth)) {
            tracker.update(frame.shown().ptsNanos(), frame.shown().detections(), HeadFilter.ALL);
            List<IdentityF1.Box> tracked = new ArrayList<>(HeadTrackerTest.confirmed(tracker));
            tracked.removeIf(box -> !meets(box, frame.heads(), 0.5) && meets(box, frame.hidden(), 0.3));
            score.add(frame.heads(), tracked);
        }
        System.out.printf("yard.mp4, %.1f frames per second: IDF1 %.4f%n", 25.0 / everyNth, score.value());
        assertThat(score.value()).isGreaterThanOrEqualTo(0.94);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 8})
    void shouldKeepTheNumberOfThePersonWhoTakesTheHelmetOff(int everyNth) throws IOException {
        HeadTracker tracker = new HeadTracker(TrackingConfig.DEFAULT);
        Set<Integer> numbersBefore = new HashSet<>();
        Set<Integer> numbersAfter = new HashSet<>();
        for (YardClip.Frame frame : YardClip.frames(everyNth)) {
            tracker.update(frame.shown().ptsNanos(), frame.shown().detections(), HeadFilter.ALL);
            double seconds = frame.shown().ptsNanos() / 1e9;
            for (IdentityF1.Box rigger : frame.heads()) {
                for (IdentityF1.Box track : HeadTrackerTest.confirmed(tracker)) {
                    if (rigger.id() == 4 && iou(rigger.box(), track.box()) >= 0.5) {
                        if (seconds > 6 && seconds < 10) {
                            numbersBefore.add(track.id());
                        } else if (seconds > 14 && seconds < 20) {
                            numbersAfter.add(track.id());
                        }
                    }
                }
            }
        }
        assertThat(numbersBefore).hasSize(1);
        assertThat(numbersAfter).isEqualTo(numbersBefore);
    }

    private static boolean meets(IdentityF1.Box box, List<IdentityF1.Box> others, double least) {
        return others.stream().anyMatch(other -> iou(box.box(), other.box()) >= least);
    }

    private static double iou(BoundingBox a, BoundingBox b) {
        return Overlap.iou(a.x1(), a.y1(), a.x2(), a.y2(), b.x1(), b.y1(), b.x2(), b.y2(), 0);
    }
}
