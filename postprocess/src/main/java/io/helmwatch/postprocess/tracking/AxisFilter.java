package io.helmwatch.postprocess.tracking;

/**
 * A Kalman filter of one coordinate with constant velocity.
 *
 * <p>The box filter of SORT and ByteTrack (8 numbers: centre, size and their speeds) couples a coordinate with its own speed
 * only, and its noises are diagonal. It is therefore exactly four independent filters of this kind and needs no matrices. The motion
 * model is continuous white-noise acceleration (Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and
 * Navigation", 6.2.2), so steps may have any length.
 */
final class AxisFilter {
    private double position;
    private double speed;
    private double positionVariance;
    private double covariance;
    private double speedVariance;

    /** Starts at a measured position, at rest, with the given standard deviations. */
    void start(double measured, double measuredDeviation, double speedDeviation) {
        position = measured;
        speed = 0;
        positionVariance = measuredDeviation * measuredDeviation;
        covariance = 0;
        speedVariance = speedDeviation * speedDeviation;
    }

    /**
     * Predicts the state after a step.
     *
     * @param seconds length of the step
     * @param density power spectral density of the acceleration, squared units per cubic second
     */
    void predict(double seconds, double density) {
        double t = seconds;
        position += speed * t;
        positionVariance += t * (2 * covariance + t * speedVariance) + density * t * t * t / 3;
        covariance += t * speedVariance + density * t * t / 2;
        speedVariance += density * t;
    }

    /** Corrects the state by a measurement with its standard deviation. */
    void correct(double measured, double deviation) {
        double innovationVariance = positionVariance + deviation * deviation;
        double positionGain = positionVariance / innovationVariance;
        double speedGain = covariance / innovationVariance;
        double innovation = measured - position;
        position += positionGain * innovation;
        speed += speedGain * innovation;
        speedVariance -= speedGain * covariance;
        covariance *= 1 - positionGain;
        positionVariance *= 1 - positionGain;
    }

    /** Copies the state of another filter. */
    void copy(AxisFilter other) {
        position = other.position;
        speed = other.speed;
        positionVariance = other.positionVariance;
        covariance = other.covariance;
        speedVariance = other.speedVariance;
    }

    double position() {
        return position;
    }

    double deviation() {
        return Math.sqrt(positionVariance);
    }

    /** Sets the speed to 0, for sizes that must not keep shrinking unseen. */
    void rest() {
        speed = 0;
    }
}
