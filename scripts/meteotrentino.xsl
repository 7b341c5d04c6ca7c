<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!-- A station's feed of Meteotrentino as rows: type, unit as the feed names it, time, value, parted by
     tabs. Elements go by local-name(), since the namespace is there or not, by the endpoint. What is not
     known ends it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	<xsl:output method="text" encoding="UTF-8"/>

	<xsl:template name="row">
		<xsl:param name="type"/>
		<xsl:param name="unit"/>
		<xsl:param name="time"/>
		<xsl:param name="value"/>
		<xsl:if test="count($time) != 1 or count($value) != 1">
			<xsl:message terminate="yes">a reading without time or value: <xsl:value-of select="$type"/></xsl:message>
		</xsl:if>
		<xsl:value-of select="concat($type, '&#9;', $unit, '&#9;', normalize-space($time), '&#9;', normalize-space($value), '&#10;')"/>
	</xsl:template>

	<xsl:template match="/">
		<xsl:if test="not(*[local-name() = 'lastData' or local-name() = 'datiOggi'])">
			<xsl:message terminate="yes">not a station feed: the root is <xsl:value-of select="name(*)"/></xsl:message>
		</xsl:if>
		<xsl:apply-templates select="*/*"/>
	</xsl:template>

	<!-- A list; an empty one is no such sensor. -->
	<xsl:template match="/*/*">
		<xsl:apply-templates select="*"/>
	</xsl:template>

	<!-- The older form's sums of the day are single values: they have no time. -->
	<xsl:template match="/*/*[local-name() = 'giorno' or local-name() = 'tmin' or local-name() = 'tmax' or local-name() = 'rain']" priority="1"/>

	<!-- A reading that is not known. -->
	<xsl:template match="/*/*/*">
		<xsl:message terminate="yes">an element that is not known: <xsl:value-of select="name()"/></xsl:message>
	</xsl:template>

	<!-- getLastDataOfMeteoStation -->
	<xsl:template match="/*/*/*[local-name() = 'air_temperature']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'air_temperature'"/>
			<xsl:with-param name="unit" select="@UM"/>
			<xsl:with-param name="time" select="*[local-name() = 'date']"/>
			<xsl:with-param name="value" select="*[local-name() = 'value']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'precipitation']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'precipitation'"/>
			<xsl:with-param name="unit" select="@UM"/>
			<xsl:with-param name="time" select="*[local-name() = 'date']"/>
			<xsl:with-param name="value" select="*[local-name() = 'value']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'global_radiation']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'global_radiation'"/>
			<xsl:with-param name="unit" select="@UM"/>
			<xsl:with-param name="time" select="*[local-name() = 'date']"/>
			<xsl:with-param name="value" select="*[local-name() = 'value']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'relative_humidity']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'relative_humidity'"/>
			<xsl:with-param name="unit" select="@UM"/>
			<xsl:with-param name="time" select="*[local-name() = 'date']"/>
			<xsl:with-param name="value" select="*[local-name() = 'value']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'snow_depth']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'snow_depth'"/>
			<xsl:with-param name="unit" select="@UM"/>
			<xsl:with-param name="time" select="*[local-name() = 'date']"/>
			<xsl:with-param name="value" select="*[local-name() = 'value']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'wind10m']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'wind_speed'"/>
			<xsl:with-param name="unit" select="@UM_speed"/>
			<xsl:with-param name="time" select="*[local-name() = 'date']"/>
			<xsl:with-param name="value" select="*[local-name() = 'speed_value']"/>
		</xsl:call-template>
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'wind_direction'"/>
			<xsl:with-param name="unit" select="@UM_direction"/>
			<xsl:with-param name="time" select="*[local-name() = 'date']"/>
			<xsl:with-param name="value" select="*[local-name() = 'direction_value']"/>
		</xsl:call-template>
	</xsl:template>

	<!-- ultimiDatiStazione -->
	<xsl:template match="/*/*/*[local-name() = 'temperatura_aria']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'air_temperature'"/>
			<xsl:with-param name="unit" select="@UM"/>
			<xsl:with-param name="time" select="*[local-name() = 'data']"/>
			<xsl:with-param name="value" select="*[local-name() = 'temperatura']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'precipitazione']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'precipitation'"/>
			<xsl:with-param name="unit" select="@UM"/>
			<xsl:with-param name="time" select="*[local-name() = 'data']"/>
			<xsl:with-param name="value" select="*[local-name() = 'pioggia']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'vento_al_suolo']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'wind_speed'"/>
			<xsl:with-param name="unit" select="'m/s'"/>
			<xsl:with-param name="time" select="*[local-name() = 'data']"/>
			<xsl:with-param name="value" select="*[local-name() = 'v']"/>
		</xsl:call-template>
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'wind_direction'"/>
			<xsl:with-param name="unit" select="'gN'"/>
			<xsl:with-param name="time" select="*[local-name() = 'data']"/>
			<xsl:with-param name="value" select="*[local-name() = 'd']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'radiazioneglobale']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'global_radiation'"/>
			<xsl:with-param name="unit" select="'W/mq'"/>
			<xsl:with-param name="time" select="*[local-name() = 'data']"/>
			<xsl:with-param name="value" select="*[local-name() = 'rsg']"/>
		</xsl:call-template>
	</xsl:template>
	<xsl:template match="/*/*/*[local-name() = 'umidita_relativa']" priority="1">
		<xsl:call-template name="row">
			<xsl:with-param name="type" select="'relative_humidity'"/>
			<xsl:with-param name="unit" select="'%'"/>
			<xsl:with-param name="time" select="*[local-name() = 'data']"/>
			<xsl:with-param name="value" select="*[local-name() = 'rh']"/>
		</xsl:call-template>
	</xsl:template>
</xsl:stylesheet>
