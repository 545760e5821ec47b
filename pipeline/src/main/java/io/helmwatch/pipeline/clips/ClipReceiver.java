package io.helmwatch.pipeline.clips;

import io.helmwatch.vision.Incident;
import org.jspecify.annotations.Nullable;

/** Receives what became of the clip of an incident. Threading: a thread of the clips. */
@FunctionalInterface
public interface ClipReceiver {

    /**
     * The recording of a clip is over; called once for each that was started.
     *
     * @param incident id of the incident
     * @param clip null where it could not be stored
     */
    void onClip(String incident, Incident.@Nullable Clip clip);
}
